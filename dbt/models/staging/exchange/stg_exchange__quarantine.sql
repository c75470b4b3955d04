with

source as (

    select * from {{ source('exchange', 'quarantine') }}

),

refused_rows as (

    select
        table_name::text as table_name,
        exchange_id::text as exchange_id,
        symbol::text as symbol,
        reason::text as reason,
        raw::text as raw,
        venue_now_ms,
        request_id::text as request_id,
        origin::text as origin,
        received_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source

)

select * from refused_rows
