-- How deep was each contract's book on each day, and which of its bands stood still?
select
    exchange_id,
    symbol,
    (snapshot_at at time zone 'UTC')::date as snapshot_date,
    side,
    trim_scale(band_pct) as within_pct,
    count(*) as snapshots_count,
    round(avg(quote_depth) filter (where excluded_for is null), 2) as mean_quote_depth,
    round(min(quote_depth) filter (where excluded_for is null), 2) as least_quote_depth,
    count(*) filter (where excluded_for = 'frozen') as frozen_count,
    count(*) filter (where excluded_for = 'stale') as stale_count
from gold.fct_book_depth
group by
    exchange_id,
    symbol,
    (snapshot_at at time zone 'UTC')::date,
    side,
    band_pct
order by
    snapshot_date desc,
    exchange_id asc,
    symbol asc,
    side asc,
    band_pct asc;
