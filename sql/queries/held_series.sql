-- Which series are held, of which feed: since when, until when, how many rows, how completely?
with recursive

-- the key's series one after the other: no other row of a series is read
candle_series as (

    (
        select
            exchange_id,
            symbol
        from gold.fct_candles
        order by
            exchange_id,
            symbol
        limit 1
    )
    union all
    select
        nexts.exchange_id,
        nexts.symbol
    from candle_series
    cross join lateral (
        select
            candles.exchange_id,
            candles.symbol
        from gold.fct_candles as candles
        where
            (candles.exchange_id, candles.symbol)
            > (candle_series.exchange_id, candle_series.symbol)
        order by
            candles.exchange_id,
            candles.symbol
        limit 1
    ) as nexts

),

trade_series as (

    (
        select
            exchange_id,
            symbol
        from gold.fct_trades
        order by
            exchange_id,
            symbol
        limit 1
    )
    union all
    select
        nexts.exchange_id,
        nexts.symbol
    from trade_series
    cross join lateral (
        select
            trades.exchange_id,
            trades.symbol
        from gold.fct_trades as trades
        where
            (trades.exchange_id, trades.symbol)
            > (trade_series.exchange_id, trade_series.symbol)
        order by
            trades.exchange_id,
            trades.symbol
        limit 1
    ) as nexts

),

-- a month's row counts its minutes: no minute is read but the first and the last
candles as (

    select
        series.exchange_id,
        series.symbol,
        'candles' as feed,
        firsts.opened_at as first_at,
        lasts.opened_at as last_at,
        months.rows_count
    from candle_series as series
    cross join
        lateral (
            select sum(candles.minutes_count)::bigint as rows_count
            from gold.fct_candles as candles
            where
                candles.exchange_id = series.exchange_id
                and candles.symbol = series.symbol
                and candles.timeframe = '1M'
        ) as months
    cross join
        lateral (
            select candles.opened_at
            from gold.fct_candles as candles
            where
                candles.exchange_id = series.exchange_id
                and candles.symbol = series.symbol
                and candles.timeframe = '1m'
            order by candles.opened_at
            limit 1
        ) as firsts
    cross join lateral (
        select candles.opened_at
        from gold.fct_candles as candles
        where
            candles.exchange_id = series.exchange_id
            and candles.symbol = series.symbol
            and candles.timeframe = '1m'
        order by candles.opened_at desc
        limit 1
    ) as lasts

),

-- trades are not counted: that would read each of them
trades as (

    select
        series.exchange_id,
        series.symbol,
        'trades' as feed,
        firsts.minute_at as first_at,
        lasts.minute_at as last_at,
        null::bigint as rows_count
    from trade_series as series
    cross join
        lateral (
            select trades.minute_at
            from gold.fct_trades as trades
            where
                trades.exchange_id = series.exchange_id
                and trades.symbol = series.symbol
            order by trades.minute_at
            limit 1
        ) as firsts
    cross join lateral (
        select trades.minute_at
        from gold.fct_trades as trades
        where
            trades.exchange_id = series.exchange_id
            and trades.symbol = series.symbol
        order by trades.minute_at desc
        limit 1
    ) as lasts

),

feeds as (

    select * from candles
    union all
    select * from trades

)

select
    exchange_id,
    symbol,
    feed,
    first_at,
    last_at,
    rows_count,
    round(
        100.0 * rows_count / (extract(epoch from last_at - first_at) / 60 + 1),
        2
    ) as completeness_pct
from feeds
order by
    exchange_id,
    symbol,
    feed;
