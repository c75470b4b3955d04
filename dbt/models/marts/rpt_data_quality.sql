{{ config(materialized='view') }}

{%- set feeds = [
    ref('int_blocks_checked'),
    ref('int_candles_checked'),
    ref('int_trades_checked'),
    ref('int_funding_checked'),
    ref('int_snapshots_checked'),
] %}

with

feeds as (

    {% for feed in feeds -%}
    select * from {{ feed }}
    {% if not loop.last %}union all
    {% endif -%}
    {%- endfor %}

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
        delay_p50_s,
        delay_max_s,
        (held_count / nullif(expected_count, 0)::numeric)::numeric(38, 18)
            as completeness_ratio,
        accuracy_ratio,
        consistency_ratio,
        delay_p95_s,
        archive_delay_s,
        compared_count,
        distance_p50_bps,
        distance_max_bps,
        broken_count,
        anomalies_count
    from feeds

)

select * from quality
