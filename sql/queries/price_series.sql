-- What did each asset cost in dollars, by minute, over the last hour of it that is held?
with

pairs as (

    select distinct
        base_asset,
        quote_asset
    from gold.dim_instruments
    where market_type = 'spot'

),

lasts as (

    select
        pairs.base_asset,
        pairs.quote_asset,
        newest.minute_at as last_at
    from pairs
    cross join lateral (
        select max(prices.minute_at) as minute_at
        from gold.fct_prices as prices
        where
            prices.asset = pairs.base_asset
            and prices.quote = pairs.quote_asset
    ) as newest

)

select
    prices.asset,
    prices.quote,
    prices.minute_at,
    prices.vwap,
    prices.price_usd,
    prices.venues_count
from lasts
inner join gold.fct_prices as prices
    on
        lasts.base_asset = prices.asset
        and lasts.quote_asset = prices.quote
        and lasts.last_at - interval '1 hour' < prices.minute_at
order by
    prices.asset,
    prices.quote,
    prices.minute_at;
