-- What share of each series and day is proven, over the last 30 days that are held?
with

last_days as (

    select max(opened_date) as last_date
    from gold.rpt_completeness

)

select
    completeness.exchange_id,
    completeness.symbol,
    completeness.opened_date,
    completeness.minutes_count,
    completeness.proven_complete_count,
    completeness.proven_empty_count,
    completeness.lost_minutes_count,
    completeness.lost_trades_count,
    completeness.contradicted_count,
    completeness.unproven_count,
    round(100 * completeness.proven_ratio, 2) as proven_pct
from gold.rpt_completeness as completeness
cross join last_days
where completeness.opened_date > last_days.last_date - 30
order by
    completeness.exchange_id,
    completeness.symbol,
    completeness.opened_date;
