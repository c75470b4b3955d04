with

source as (

    select * from {{ source('archive', 'klines') }}

),

candles as (

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
        contracts,
        taker_buy_contracts,
        closed_at_ms,
        file_id::text as file_id,
        line_number,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source

)

select * from candles
