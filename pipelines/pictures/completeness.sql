-- What share of each series' minutes is proven, day by day, over the last 30 days held?
with

last_day as (

    select max(opened_date) as opened_date
    from gold.rpt_completeness

)

select
    told.exchange_id || ' ' || told.symbol as series,
    told.opened_date::text as utc_day,
    told.proven_ratio::float8 as proven_ratio,
    told.minutes_count,
    told.candles_count,
    told.sealed_count,
    told.confirmed_count,
    told.closed_count,
    told.provisional_count,
    told.lost_minutes_count
from gold.rpt_completeness as told
inner join last_day on told.opened_date > last_day.opened_date - 30
order by
    series,
    utc_day;
