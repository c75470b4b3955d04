-- In which of the last 30 days' hours did an instrument close outside its Bollinger bands?
with

last_hours as (

    select max(opened_at) as last_at
    from gold.fct_candles
    where timeframe = '1h'

)

select
    features.symbol,
    features.exchange_id,
    features.opened_at,
    round(candles.close, 8) as close,
    round(features.bollinger_lower::numeric, 8) as bollinger_lower,
    round(features.bollinger_upper::numeric, 8) as bollinger_upper,
    round(features.rsi_14::numeric, 2) as rsi_14
from last_hours
inner join gold.fct_market_features as features
    on
        features.timeframe = '1h'
        and features.opened_at > last_hours.last_at - interval '30 days'
inner join gold.fct_candles as candles
    on
        features.exchange_id = candles.exchange_id
        and features.symbol = candles.symbol
        and features.timeframe = candles.timeframe
        and features.opened_at = candles.opened_at
where
    features.missing_bars_count = 0
    and (
        candles.close > features.bollinger_upper
        or candles.close < features.bollinger_lower
    )
order by
    features.symbol,
    features.exchange_id,
    features.opened_at;
