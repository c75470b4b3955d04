-- Which candles of the last day are unlike what is around them, how far, and what do they say?
with

last_day as (

    select max(opened_at) - interval '1 day' as began_at
    from gold.fct_candle_anomalies

)

select
    anomalies.exchange_id,
    anomalies.symbol,
    anomalies.opened_at,
    anomalies.anomaly,
    anomalies.measure,
    anomalies.threshold,
    candles.open,
    candles.close,
    candles.base_volume,
    candles.source
from gold.fct_candle_anomalies as anomalies
inner join gold.fct_candles as candles
    on
        anomalies.exchange_id = candles.exchange_id
        and anomalies.symbol = candles.symbol
        and candles.timeframe = '1m'
        and anomalies.opened_at = candles.opened_at
cross join last_day
where anomalies.opened_at > last_day.began_at
order by
    anomalies.opened_at,
    anomalies.exchange_id,
    anomalies.symbol,
    anomalies.anomaly;
