-- Which series are held, of which feed: since when, until when, how many rows, how completely?
with

-- every series has days here, whichever of its feeds is held
series as (

    select distinct
        exchange_id,
        symbol
    from gold.rpt_completeness

),

-- a month's row counts its minutes: no minute is read but the first and the last
candles as (

    select
        series.exchange_id,
        series.symbol,
        'candles' as feed,
        ends.first_at,
        ends.last_at,
        months.rows_count
    from series
    cross join
        lateral (
            select sum(candles.minutes_count)::bigint as rows_count
            from gold.fct_candles as candles
            where
                candles.exchange_id = series.exchange_id
                and candles.symbol = series.symbol
                and candles.timeframe = '1M'
        ) as months
    cross join lateral (
        select
            min(candles.opened_at) as first_at,
            max(candles.opened_at) as last_at
        from gold.fct_candles as candles
        where
            candles.exchange_id = series.exchange_id
            and candles.symbol = series.symbol
            and candles.timeframe = '1m'
    ) as ends

),

-- a day's row counts its trades: of those that were aggregated, each
trades as (

    select
        series.exchange_id,
        series.symbol,
        'trades' as feed,
        ends.first_at,
        ends.last_at,
        held.rows_count
    from series
    cross join
        lateral (
            select sum(completeness.trades_count)::bigint as rows_count
            from gold.rpt_completeness as completeness
            where
                completeness.exchange_id = series.exchange_id
                and completeness.symbol = series.symbol
        ) as held
    cross join lateral (
        select
            min(trades.minute_at) as first_at,
            max(trades.minute_at) as last_at
        from gold.fct_trades as trades
        where
            trades.exchange_id = series.exchange_id
            and trades.symbol = series.symbol
    ) as ends

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
    case
        when feed = 'candles'
            then
                round(100.0 * rows_count / (extract(epoch from last_at - first_at) / 60 + 1), 2)
    end as completeness_pct
from feeds
where first_at is not null
order by
    exchange_id,
    symbol,
    feed;
