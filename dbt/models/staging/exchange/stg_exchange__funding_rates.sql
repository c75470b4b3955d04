with

source as (

    select * from {{ source('exchange', 'funding_rates') }}

),

settlements as (

    select
        exchange_id::text as exchange_id,
        symbol::text as symbol,
        settled_at_ms,
        to_timestamp(settled_at_ms / 1000.0) as settled_at,
        funding_rate,
        mark_price,
        venue_now_ms,
        request_id::text as request_id,
        origin::text as origin,
        received_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source

)

select * from settlements
