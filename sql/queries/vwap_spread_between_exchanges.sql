-- How far apart do exchanges price an asset, hour by hour, among those that quote it alike?
with

last_hours as (

    select max(opened_at) as last_at
    from gold.fct_candles
    where timeframe = '1h'

),

priced as (

    select
        instruments.base_asset,
        instruments.quote_asset,
        candles.opened_at,
        candles.exchange_id,
        candles.vwap
    from gold.fct_candles as candles
    cross join last_hours
    inner join gold.dim_instruments as instruments
        on
            candles.exchange_id = instruments.exchange_id
            and candles.symbol = instruments.symbol
            and instruments.is_current
    where
        candles.timeframe = '1h'
        and candles.opened_at > last_hours.last_at - interval '7 days'
        and candles.vwap is not null

)

select
    base_asset,
    quote_asset,
    opened_at,
    count(*) as exchanges_count,
    round(min(vwap), 8) as lowest_vwap,
    round(max(vwap), 8) as highest_vwap,
    round(10000 * (max(vwap) - min(vwap)) / min(vwap), 2) as spread_bps
from priced
group by
    base_asset,
    quote_asset,
    opened_at
having count(*) > 1
order by
    base_asset,
    quote_asset,
    opened_at;
