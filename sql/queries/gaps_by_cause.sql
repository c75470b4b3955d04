-- Where are candles absent, for how many minutes, and why?
select
    exchange_id,
    symbol,
    cause,
    count(*) as gaps_count,
    sum(minutes_count) as minutes_count,
    max(minutes_count) as longest_minutes,
    min(started_at) as first_at,
    max(ended_at) as last_at
from gold.fct_gaps
group by
    exchange_id,
    symbol,
    cause
order by
    exchange_id,
    symbol,
    cause;
