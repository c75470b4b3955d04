-- What a day lacks because nobody asked for it is the same in its gaps and in its count.
{{ config(tags=['whole_history']) }}

with

gaps as (

    select
        exchange_id,
        symbol,
        started_date,
        sum(minutes_count) filter (where cause = 'not configured') as not_configured_count,
        sum(minutes_count) filter (where cause = 'our fault') as our_fault_count
    from {{ ref('fct_gaps') }}
    where cause in ('not configured', 'our fault')
    group by
        exchange_id,
        symbol,
        started_date

),

days as (

    select *
    from {{ ref('rpt_completeness') }}
    where not_configured_count + our_fault_count > 0

)

select
    coalesce(days.exchange_id, gaps.exchange_id) as exchange_id,
    coalesce(days.symbol, gaps.symbol) as symbol,
    coalesce(days.opened_date, gaps.started_date) as opened_date
from days
full join gaps
    on
        days.exchange_id = gaps.exchange_id
        and days.symbol = gaps.symbol
        and days.opened_date = gaps.started_date
where
    days.not_configured_count is distinct from coalesce(gaps.not_configured_count, 0)
    or days.our_fault_count is distinct from coalesce(gaps.our_fault_count, 0)
