-- Which series are held: since when, until when, how many candles, and how completely?
with

instruments as (

    select distinct
        exchange_id,
        symbol
    from gold.dim_instruments

),

-- a month's row counts its minutes: no minute is read but the first and the last
months as (

    select
        instruments.exchange_id,
        instruments.symbol,
        sum(candles.minutes_count)::bigint as rows_count
    from instruments
    inner join gold.fct_candles as candles
        on
            instruments.exchange_id = candles.exchange_id
            and instruments.symbol = candles.symbol
            and candles.timeframe = '1M'
    group by
        instruments.exchange_id,
        instruments.symbol

),

spans as (

    select
        months.exchange_id,
        months.symbol,
        firsts.opened_at as first_opened_at,
        lasts.opened_at as last_opened_at,
        months.rows_count
    from months
    cross join
        lateral (
            select candles.opened_at
            from gold.fct_candles as candles
            where
                candles.exchange_id = months.exchange_id
                and candles.symbol = months.symbol
                and candles.timeframe = '1m'
            order by candles.opened_at
            limit 1
        ) as firsts
    cross join lateral (
        select candles.opened_at
        from gold.fct_candles as candles
        where
            candles.exchange_id = months.exchange_id
            and candles.symbol = months.symbol
            and candles.timeframe = '1m'
        order by candles.opened_at desc
        limit 1
    ) as lasts

)

select
    exchange_id,
    symbol,
    first_opened_at,
    last_opened_at,
    rows_count,
    round(
        100.0 * rows_count
        / (extract(epoch from last_opened_at - first_opened_at) / 60 + 1),
        2
    ) as completeness_pct
from spans
order by
    exchange_id,
    symbol;
