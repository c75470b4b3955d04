-- Which blocks of each chain are not there, day by day, why, and how are the others proved?
select
    chain,
    (hour_at at time zone 'UTC')::date as block_date,
    sum(blocks_count) as blocks_count,
    sum(full_count + standard_count + partial_count) as proven_count,
    sum(unproven_count) as unproven_count,
    sum(failed_count) as failed_count,
    sum(missing_count) as missing_count,
    sum(missing_not_asked_count) as not_asked_count,
    sum(missing_not_answered_count) as not_answered_count,
    sum(missing_refused_count) as refused_count,
    sum(missing_incomplete_count) as incomplete_count,
    sum(missing_undetermined_count + missing_gave_way_count) as undetermined_count
from gold.rpt_chain_completeness
group by
    chain,
    (hour_at at time zone 'UTC')::date
order by
    chain,
    block_date;
