-- Where are candles or trades absent over the last three days held, and why? Gaps of one
-- cause that follow each other within a quarter of an hour are one.
with

last_days as (

    select max(opened_at) as last_at
    from gold.fct_candles
    where timeframe = '1d'

),

gaps as (

    select
        gaps.exchange_id || ' ' || gaps.symbol as series,
        gaps.cause,
        gaps.started_at,
        gaps.ended_at,
        gaps.minutes_count,
        date_bin(
            interval '15 minutes', gaps.started_at, timestamptz '1970-01-01 00:00+00'
        ) as quarter_at
    from gold.fct_gaps as gaps
    inner join last_days on gaps.started_at >= last_days.last_at - interval '2 days'

)

select
    series,
    cause,
    min(started_at) as started_at,
    max(ended_at) as ended_at,
    sum(minutes_count)::bigint as minutes_count
from gaps
group by
    series,
    cause,
    quarter_at
order by
    series,
    started_at,
    cause;
