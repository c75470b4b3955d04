-- The consolidated price of a minute.
select
    minute_at,
    vwap,
    median,
    volume_weighted_median,
    venues_count,
    vwap_venues_count,
    dispersion_bps,
    last_price,
    age_minutes,
    price_usd,
    peg,
    peg_minute_at,
    peg_venues_count
from gold.fct_prices
where
    asset = split_part(%(symbol)s, '/', 1)
    and quote = split_part(%(symbol)s, '/', 2)
    and minute_at = %(opened_at)s
