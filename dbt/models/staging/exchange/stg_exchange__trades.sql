with

source as (

    select * from {{ source('exchange', 'trades') }}

),

-- a venue that counts the quote alone sums bases of eight decimals for its candles
trades as (

    select
        exchange_id::text as exchange_id,
        symbol::text as symbol,
        trade_id,
        first_trade_id,
        last_trade_id,
        is_aggregate,
        price,
        coalesce(base_amount, {{ fitting('round(quote_amount / price, 8)') }}) as base_amount,
        quote_amount,
        traded_at_ns,
        to_timestamp(traded_at_ns / 1000000000.0) as traded_at,
        taker_side::text as taker_side,
        order_type::text as order_type,
        venue_now_ms,
        request_id::text as request_id,
        origin::text as origin,
        received_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row,
        -- at the end, for views of a warehouse filled before stand on this one
        liquidation::text as liquidation
    from source

)

select * from trades
