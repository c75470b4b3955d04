-- What do returns, volatility and indicators of each instrument say at its newest whole hour?
with

held as (

    select distinct
        exchange_id,
        symbol
    from gold.fct_candles
    where timeframe = '1M'

)

select
    held.symbol,
    held.exchange_id,
    newest.opened_at,
    round(newest.rsi_14::numeric, 2) as rsi_14,
    round(newest.macd_histogram::numeric, 8) as macd_histogram,
    round((10000 * newest.log_return)::numeric, 2) as return_bps,
    round((10000 * newest.volatility_20)::numeric, 2) as volatility_bps,
    round(newest.stochastic_k::numeric, 2) as stochastic_k,
    newest.missing_bars_count
from held
cross join
    lateral (
        select features.*
        from gold.fct_market_features as features
        where
            features.exchange_id = held.exchange_id
            and features.symbol = held.symbol
            and features.timeframe = '1h'
            and features.is_complete
        order by features.opened_at desc
        limit 1
    ) as newest
order by
    held.symbol,
    held.exchange_id;
