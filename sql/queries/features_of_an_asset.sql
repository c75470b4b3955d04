-- What was known of an asset at the end of each of its last hours, and how old was it?
select
    f.hour_at,
    round(f.price_usd, 2) as price_usd,
    f.price_age_minutes,
    round(f.volatility::numeric, 6) as volatility,
    round(f.funding_rate::numeric, 4) as funding_rate,
    round(f.sentiment, 3) as sentiment,
    f.sentiment_age_minutes,
    f.mentions_count,
    round(f.attention, 2) as attention,
    f.attention_age_minutes,
    f.fear_greed::integer as fear_greed,
    f.is_assumed
from gold.fct_asset_features as f
where f.asset = 'BTC'
order by f.hour_at desc
limit 48;
