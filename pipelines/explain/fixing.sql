-- The first fixing of that name and pair from a moment on, within a day.
select
    fixed_at,
    window_started_at,
    price,
    partitions_count,
    empty_partitions_count,
    venues_count,
    venues,
    trades_count,
    base_volume,
    untold_minutes_count,
    is_complete
from gold.fct_fixings
where
    fixing = %(fixing)s
    and asset = split_part(%(symbol)s, '/', 1)
    and quote = split_part(%(symbol)s, '/', 2)
    and fixed_at >= %(since)s
    and fixed_at < %(since)s + interval '1 day'
order by fixed_at
limit 1
