-- What each venue had to say of a price: its last trade within the hour, and why it does not
-- count.
with

last_trades as (

    select distinct on (candles.exchange_id)
        candles.exchange_id,
        candles.symbol,
        candles.opened_at,
        candles.close,
        candles.base_volume,
        coalesce(candles.quote_volume, candles.vwap * candles.base_volume) as notional,
        candles.evidence_grade,
        candles.source
    from gold.fct_candles as candles
    where
        candles.symbol = %(symbol)s
        and candles.timeframe = '1m'
        and candles.opened_at >= %(opened_at)s - interval '60 minutes'
        and candles.opened_at <= %(opened_at)s
        and candles.base_volume > 0
        and candles.evidence_grade <> 'provisional'
    order by
        candles.exchange_id,
        candles.opened_at desc

)

select
    last_trades.exchange_id,
    last_trades.opened_at,
    last_trades.close,
    last_trades.base_volume,
    last_trades.notional,
    last_trades.evidence_grade,
    last_trades.source,
    excluded.value is null as is_counted,
    excluded.value ->> 'reason' as reason,
    (excluded.value ->> 'distance_bps')::numeric as distance_bps
from last_trades
inner join gold.fct_prices as prices
    on
        split_part(last_trades.symbol, '/', 1) = prices.asset
        and split_part(last_trades.symbol, '/', 2) = prices.quote
        and prices.minute_at = %(opened_at)s
left join lateral jsonb_array_elements(prices.excluded) as excluded (value)
    on last_trades.exchange_id = excluded.value ->> 'exchange_id'
order by
    last_trades.exchange_id
