with

source as (

    select * from {{ source('archive', 'refused_spans') }}

),

refused_spans as (

    select
        file_id::text as file_id,
        exchange_id::text as exchange_id,
        symbol::text as symbol,
        refused_from_ms,
        refused_until_ms,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source

)

select * from refused_spans
