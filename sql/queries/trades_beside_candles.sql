-- Do the trades of an hour add up to its candles, and what is proved of the minutes that do not?
with

series as (

    select distinct
        exchange_id,
        symbol
    from gold.rpt_completeness

),

-- the hour that ends with the newest trade
hours as (

    select
        series.exchange_id,
        series.symbol,
        lasts.minute_at - interval '59 minutes' as from_at,
        lasts.minute_at as last_at
    from series
    cross join
        lateral (
            select max(trades.minute_at) as minute_at
            from gold.fct_trades as trades
            where
                trades.exchange_id = series.exchange_id
                and trades.symbol = series.symbol
        ) as lasts
    where lasts.minute_at is not null

),

traded as (

    select
        hours.exchange_id,
        hours.symbol,
        trades.minute_at,
        sum(trades.base_amount) as traded_volume
    from hours
    inner join gold.fct_trades as trades
        on
            hours.exchange_id = trades.exchange_id
            and hours.symbol = trades.symbol
            and hours.from_at <= trades.minute_at
            and hours.last_at >= trades.minute_at
    group by
        hours.exchange_id,
        hours.symbol,
        trades.minute_at

)

select
    traded.exchange_id,
    traded.symbol,
    traded.minute_at,
    traded.traded_volume,
    candles.base_volume as candle_volume,
    proofs.proof
from traded
left join gold.fct_candles as candles
    on
        traded.exchange_id = candles.exchange_id
        and traded.symbol = candles.symbol
        and candles.timeframe = '1m'
        and traded.minute_at = candles.opened_at
left join gold.fct_candle_proofs as proofs
    on
        traded.exchange_id = proofs.exchange_id
        and traded.symbol = proofs.symbol
        and traded.minute_at = proofs.opened_at
order by
    traded.exchange_id,
    traded.symbol,
    traded.minute_at;
