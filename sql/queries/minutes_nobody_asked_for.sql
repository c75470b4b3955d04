-- Which minutes did nobody ask for, though or because the configuration said so, by month?
select
    exchange_id,
    symbol,
    date_trunc('month', started_at, 'UTC') as started_month,
    cause,
    count(*) as gaps_count,
    sum(minutes_count) as minutes_count,
    min(started_at) as first_at,
    max(ended_at) as last_at
from gold.fct_gaps
where cause in ('not configured', 'our fault')
group by
    exchange_id,
    symbol,
    started_month,
    cause
order by
    exchange_id,
    symbol,
    started_month,
    cause;
