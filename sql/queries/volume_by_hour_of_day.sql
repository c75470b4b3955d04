-- At which hours of the day (UTC) is each instrument traded most, over the last 30 days held?
with

last_hours as (

    select max(opened_at) as last_at
    from gold.fct_candles
    where timeframe = '1h'

)

select
    candles.exchange_id,
    candles.symbol,
    extract(hour from candles.opened_at at time zone 'UTC')::integer as hour_of_day,
    count(*) as days_count,
    round(avg(candles.base_volume), 8) as mean_base_volume
from gold.fct_candles as candles
cross join last_hours
where
    candles.timeframe = '1h'
    and candles.opened_at > last_hours.last_at - interval '30 days'
group by
    candles.exchange_id,
    candles.symbol,
    hour_of_day
order by
    candles.exchange_id,
    candles.symbol,
    hour_of_day;
