with

source as (

    select * from {{ source('exchange', 'trades') }}

),

-- contracts of what settles in its base are of the quote, others of the base
counted as (

    select
        *,
        {{ fitting('contracts * contract_size') }} as sized,
        {{ settles_in_base('symbol') }} as is_inverse
    from source

),

amounts as (

    select
        *,
        coalesce(base_amount, case when is_inverse then base_amount else sized end) as base,
        coalesce(quote_amount, case when is_inverse then sized else quote_amount end)
            as quote
    from counted

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
        coalesce(base, {{ fitting('round(quote / price, 8)') }}) as base_amount,
        quote as quote_amount,
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
        liquidation::text as liquidation,
        contracts,
        contract_size as listed_contract_size
    from amounts

)

select * from trades
