-- When did each series' newest candle begin?
with

-- a month's row stands for its series: of its minutes none but the last is read
series as (

    select distinct
        exchange_id,
        symbol
    from gold.fct_candles
    where timeframe = '1M'

)

select
    series.exchange_id || ' ' || series.symbol as series,
    lasts.opened_at as newest_at,
    (extract(epoch from now() - lasts.opened_at) / 60)::float8 as minutes_behind
from series
cross join
    lateral (
        select candles.opened_at
        from gold.fct_candles as candles
        where
            candles.exchange_id = series.exchange_id
            and candles.symbol = series.symbol
            and candles.timeframe = '1m'
        order by candles.opened_at desc
        limit 1
    ) as lasts
order by series;
