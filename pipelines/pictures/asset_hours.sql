-- What did an asset cost and how was it spoken of, hour by hour, as it was known at each
-- hour's end? Without a name it is the asset that most scored items name, of those with a
-- price.
with

spoken as (

    select asset
    from gold.fct_sentiment
    group by asset
    having sum(scored_count) > 0
    order by
        asset in (select prices.asset from gold.fct_prices as prices where prices.price_usd > 0) desc,
        sum(scored_count) desc,
        asset asc
    limit 1

),

hours as (

    select
        features.asset,
        features.hour_at,
        features.price_usd::float8 as price,
        features.sentiment::float8 as sentiment,
        features.mentions_count::float8 as mentions
    from gold.fct_asset_features as features
    where features.asset = coalesce(%(asset)s, (select spoken.asset from spoken))
    order by features.hour_at desc
    limit %(hours)s

)

select *
from hours
order by hour_at;
