with

source as (

    select * from {{ source('exchange', 'ohlcv_pages') }}

),

pages as (

    select
        exchange_id::text as exchange_id,
        symbol::text as symbol,
        timeframe::text as timeframe,
        asked_from_ms,
        asked_until_ms,
        answered_from_ms,
        answered_until_ms,
        sends_quiet_minutes as is_sending_quiet_minutes,
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
