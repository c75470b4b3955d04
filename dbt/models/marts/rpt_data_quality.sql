{{ config(materialized='view') }}

with

chain_hours as (

    select * from {{ ref('rpt_chain_completeness') }}

),

blocks as (

    select
        chain as scope,
        '' as subject,
        'blocks' as feed,
        hour_at,
        blocks_count + missing_count as expected_count,
        blocks_count as held_count,
        full_count + standard_count + partial_count as proven_count,
        unproven_count,
        failed_count,
        undetermined_blocks_count as undetermined_count,
        disagreements_count,
        quarantined_count,
        delay_p50_s,
        delay_max_s
    from chain_hours

),

quality as (

    select
        *,
        (held_count / nullif(expected_count, 0)::numeric)::numeric(38, 18)
            as completeness_ratio,
        (proven_count / nullif(held_count, 0)::numeric)::numeric(38, 18) as accuracy_ratio,
        (
            greatest(held_count - disagreements_count, 0)
            / nullif(held_count + undetermined_count, 0)::numeric
        )::numeric(38, 18) as consistency_ratio
    from blocks

)

select * from quality
