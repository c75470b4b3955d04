with

source as (

    select * from {{ source('archive', 'funding_rates') }}

),

settlements as (

    select
        exchange_id::text as exchange_id,
        symbol::text as symbol,
        settled_at_ms,
        to_timestamp(settled_at_ms / 1000.0) as settled_at,
        interval_hours,
        funding_rate,
        file_id::text as file_id,
        line_number,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source

)

select * from settlements
