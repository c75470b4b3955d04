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

anomalies as (

    select
        exchange_id,
        symbol,
        hour_at,
        count(*) as anomalies_count
    from {{ ref('fct_candle_anomalies') }}
    group by
        exchange_id,
        symbol,
        hour_at

),

candles as (

    select
        hours.exchange_id as scope,
        hours.symbol as subject,
        'candles' as feed,
        hours.hour_at,
        hours.expected_count,
        hours.held_count,
        hours.proven_count,
        greatest(hours.held_count - hours.proven_count - hours.failed_count, 0)
            as unproven_count,
        hours.failed_count,
        0::bigint as undetermined_count,
        hours.differing_count as disagreements_count,
        null::bigint as quarantined_count,
        hours.delay_p50_s,
        hours.delay_max_s,
        (hours.compared_count - hours.differing_count)
        / nullif(hours.compared_count, 0)::numeric as accuracy_ratio,
        (hours.held_count - hours.broken_count) / nullif(hours.held_count, 0)::numeric
            as consistency_ratio,
        hours.delay_p95_s,
        hours.archive_delay_s,
        hours.compared_count,
        hours.distance_p50_bps,
        hours.distance_max_bps,
        hours.broken_count,
        coalesce(anomalies.anomalies_count, 0) as anomalies_count
    from {{ ref('rpt_candle_quality') }} as hours
    left join anomalies
        on
            hours.exchange_id = anomalies.exchange_id
            and hours.symbol = anomalies.symbol
            and hours.hour_at = anomalies.hour_at

),

feeds as (

    select
        *,
        proven_count / nullif(held_count, 0)::numeric as accuracy_ratio,
        greatest(held_count - disagreements_count, 0)
        / nullif(held_count + undetermined_count, 0)::numeric as consistency_ratio,
        null::numeric as delay_p95_s,
        null::numeric as archive_delay_s,
        null::bigint as compared_count,
        null::numeric as distance_p50_bps,
        null::numeric as distance_max_bps,
        null::bigint as broken_count,
        null::bigint as anomalies_count
    from blocks
    union all
    select * from candles

),

quality as (

    select
        scope,
        subject,
        feed,
        hour_at,
        expected_count,
        held_count,
        proven_count,
        unproven_count,
        failed_count,
        undetermined_count,
        disagreements_count,
        quarantined_count,
        delay_p50_s::numeric(38, 6) as delay_p50_s,
        delay_max_s::numeric(38, 6) as delay_max_s,
        (held_count / nullif(expected_count, 0)::numeric)::numeric(38, 18)
            as completeness_ratio,
        accuracy_ratio::numeric(38, 18) as accuracy_ratio,
        consistency_ratio::numeric(38, 18) as consistency_ratio,
        delay_p95_s::numeric(38, 6) as delay_p95_s,
        archive_delay_s::numeric(38, 6) as archive_delay_s,
        compared_count,
        distance_p50_bps::numeric(38, 4) as distance_p50_bps,
        distance_max_bps::numeric(38, 4) as distance_max_bps,
        broken_count,
        anomalies_count
    from feeds

)

select * from quality
