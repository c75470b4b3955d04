-- How much of each series is complete, day by day, over the last 30 days that are held?
with

last_days as (

    select max(opened_at) as last_at
    from gold.fct_candles
    where timeframe = '1d'

)

select
    candles.exchange_id,
    candles.symbol,
    candles.opened_at::date as opened_date,
    candles.minutes_count,
    candles.is_complete,
    candles.evidence_grade,
    round(100.0 * candles.minutes_count / 1440, 2) as minutes_pct
from gold.fct_candles as candles
cross join last_days
where
    candles.timeframe = '1d'
    and candles.opened_at > last_days.last_at - interval '30 days'
order by
    candles.exchange_id,
    candles.symbol,
    candles.opened_at;
