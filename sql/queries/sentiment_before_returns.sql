-- What did prices do in the hour after one in which an asset was spoken of well or ill?
with

-- the price that the next hour's end knew: what is compared comes after what was known
hours as (

    select
        f.asset,
        f.sentiment,
        f.price_usd,
        f.is_assumed,
        lead(f.hour_at) over by_hour = f.hour_at + interval '1 hour'
        and lead(f.price_age_minutes) over by_hour < 60 as has_next_price,
        lead(f.price_usd) over by_hour as next_price_usd
    from gold.fct_asset_features as f
    window by_hour as (partition by f.asset order by f.hour_at)

)

select
    h.asset,
    case
        when h.sentiment >= 0.05 then 'positive'
        when h.sentiment <= -0.05 then 'negative'
        else 'neutral'
    end as mood,
    count(*) as hours_count,
    count(*) filter (where h.is_assumed) as assumed_count,
    round(10000 * avg(h.next_price_usd / h.price_usd - 1), 2) as mean_return_bps,
    round(10000 * stddev_samp(h.next_price_usd / h.price_usd - 1), 2) as deviation_bps
from hours as h
where
    h.has_next_price
    and h.price_usd > 0
    and h.sentiment is not null
group by
    h.asset,
    case
        when h.sentiment >= 0.05 then 'positive'
        when h.sentiment <= -0.05 then 'negative'
        else 'neutral'
    end
order by
    h.asset asc,
    hours_count desc,
    mood asc;
