-- Which gaps that are no quiet market began in the last three days held, the longest first?
with

last_day as (

    select max(opened_date) as last_date
    from gold.rpt_completeness

)

select
    gaps.exchange_id,
    gaps.symbol,
    gaps.timeframe,
    gaps.started_at,
    gaps.ended_at,
    gaps.minutes_count,
    gaps.trades_missing_count,
    gaps.cause
from gold.fct_gaps as gaps
inner join last_day
    on
        gaps.started_date > last_day.last_date - 3
        and gaps.cause not in ('proven no trades', 'quiet, unproven')
order by
    gaps.minutes_count desc,
    gaps.exchange_id asc,
    gaps.symbol asc,
    gaps.started_at asc,
    gaps.after_trade_id asc;
