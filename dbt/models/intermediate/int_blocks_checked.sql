{{ config(materialized='view') }}

with

chain_hours as (

    select * from {{ ref('rpt_chain_completeness') }}

),

-- what is in quarantine of blocks are answers; a log is read before it is judged
logs_quarantined as (

    select
        chain_id,
        {{ bucket_start(60, 'block_at') }} as hour_at,
        count(*) as logs_count
    from {{ ref('int_logs_quarantined') }}
    group by
        chain_id,
        hour_at

),

blocks as (

    select
        chain_hours.chain as scope,
        '' as subject,
        'blocks' as feed,
        chain_hours.hour_at,
        chain_hours.blocks_count + chain_hours.missing_count as expected_count,
        chain_hours.blocks_count as held_count,
        chain_hours.full_count
        + chain_hours.standard_count
        + chain_hours.partial_count as proven_count,
        chain_hours.unproven_count,
        chain_hours.failed_count,
        chain_hours.undetermined_blocks_count as undetermined_count,
        chain_hours.disagreements_count,
        chain_hours.quarantined_count
        + coalesce(logs_quarantined.logs_count, 0) as quarantined_count,
        chain_hours.delay_p50_s,
        chain_hours.delay_max_s
    from chain_hours
    left join logs_quarantined
        on
            chain_hours.chain_id = logs_quarantined.chain_id
            and chain_hours.hour_at = logs_quarantined.hour_at

),

judged as (

    select
        *,
        proven_count / nullif(held_count, 0)::numeric as accuracy_ratio,
        greatest(held_count - disagreements_count, 0)
        / nullif(held_count + undetermined_count, 0)::numeric as consistency_ratio
    from blocks

),

checked as (

    {{ as_quality_sql('judged', given=[
        'scope', 'subject', 'feed', 'hour_at', 'expected_count', 'held_count',
        'proven_count', 'unproven_count', 'failed_count', 'undetermined_count',
        'disagreements_count', 'quarantined_count', 'delay_p50_s', 'delay_max_s',
        'accuracy_ratio', 'consistency_ratio',
    ]) }}

)

select * from checked
