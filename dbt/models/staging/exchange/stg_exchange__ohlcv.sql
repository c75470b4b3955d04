with

source as (

    select * from {{ source('exchange', 'ohlcv') }}

),

readings as (

    select
        exchange_id::text as exchange_id,
        symbol::text as symbol,
        timeframe::text as timeframe,
        opened_at_ms,
        to_timestamp(opened_at_ms / 1000.0) as opened_at,
        open,
        high,
        low,
        close,
        base_volume,
        quote_volume,
        trades_count,
        taker_buy_base,
        taker_buy_quote,
        vwap,
        venue_now_ms >= opened_at_ms + {{ minute_ms() }} as is_after_end,
        venue_now_ms,
        request_id::text as request_id,
        origin::text as origin,
        received_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source

)

select * from readings
