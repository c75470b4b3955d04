with

source as (

    select * from {{ source('archive', 'quarantine') }}

),

refused_rows as (

    select
        table_name::text as table_name,
        exchange_id::text as exchange_id,
        symbol::text as symbol,
        path::text as path,
        line_number,
        reason::text as reason,
        raw::text as raw,
        file_id::text as file_id,
        received_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source

)

select * from refused_rows
