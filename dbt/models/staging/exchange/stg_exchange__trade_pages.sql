with

source as (

    select * from {{ source('exchange', 'trade_pages') }}

),

pages as (

    select
        exchange_id::text as exchange_id,
        symbol::text as symbol,
        asked_from_ns,
        asked_from_id,
        answered_from_ns,
        answered_until_ns,
        first_trade_id,
        last_trade_id,
        next_cursor::text as next_cursor,
        rows_count,
        venue_now_ms,
        request_id::text as request_id,
        origin::text as origin,
        received_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source

)

select * from pages
