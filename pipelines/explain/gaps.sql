-- The holes that touch a bucket; none is longer than its UTC day.
select
    started_at,
    ended_at,
    minutes_count,
    cause
from gold.fct_gaps
where
    exchange_id = %(exchange_id)s
    and symbol = %(symbol)s
    and timeframe = '1m'
    and started_at > %(opened_at)s - interval '1 day'
    and started_at < %(ended_at)s
    and ended_at > %(opened_at)s
order by started_at
