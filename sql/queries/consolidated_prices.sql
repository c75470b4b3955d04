-- What does each asset cost now, over how many venues, and which are left out?
with

pairs as (

    select distinct
        split_part(symbol, '/', 1) as asset,
        split_part(symbol, '/', 2) as quote
    from gold.fct_candles
    where
        timeframe = '1M'
        and symbol not like '%:%'

)

select
    pairs.asset,
    pairs.quote,
    newest.minute_at,
    round(newest.median, 8) as median,
    round(newest.price_usd, 8) as price_usd,
    newest.venues_count,
    newest.dispersion_bps,
    newest.excluded
from pairs
cross join
    lateral (
        select prices.*
        from gold.fct_prices as prices
        where
            prices.asset = pairs.asset
            and prices.quote = pairs.quote
            and prices.median is not null
        order by prices.minute_at desc
        limit 1
    ) as newest
order by
    pairs.asset,
    pairs.quote;
