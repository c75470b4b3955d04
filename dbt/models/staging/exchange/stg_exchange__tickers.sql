with

source as (

    select * from {{ source('exchange', 'tickers') }}

),

tickers as (

    select
        exchange_id::text as exchange_id,
        symbol::text as symbol,
        quoted_at_ms,
        to_timestamp(quoted_at_ms / 1000.0) as quoted_at,
        update_id::text as update_id,
        nullif(bid, 0) as bid,
        bid_amount,
        nullif(ask, 0) as ask,
        ask_amount,
        nullif(last_price, 0) as last_price,
        base_volume,
        mark_price,
        index_price,
        open_interest,
        venue_now_ms,
        request_id::text as request_id,
        origin::text as origin,
        received_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source

)

select * from tickers
