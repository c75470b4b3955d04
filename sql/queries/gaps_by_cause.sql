-- Where are candles or trades absent, for how many minutes, how many trades, and why?
select
    exchange_id,
    symbol,
    cause,
    count(*) as gaps_count,
    sum(minutes_count) as minutes_count,
    sum(trades_missing_count) as trades_missing_count,
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
