-- What were the daily candles of each instrument over the last 30 days that are held?
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
    candles.open,
    candles.high,
    candles.low,
    candles.close,
    candles.base_volume,
    candles.quote_volume,
    candles.vwap,
    candles.is_complete
from gold.fct_candles as candles
cross join last_days
where
    candles.timeframe = '1d'
    and candles.opened_at > last_days.last_at - interval '30 days'
order by
    candles.exchange_id,
    candles.symbol,
    candles.opened_at;
