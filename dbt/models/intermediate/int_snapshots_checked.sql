{{ config(materialized='view') }}

with

-- a series that was asked about before and after is to be asked all of an hour
followed as (

    select
        *,
        extract(epoch from hour_at) * 1000 as hour_from_ms,
        lag(hour_at) over series is not null as has_earlier,
        lead(hour_at) over series is not null as has_later
    from {{ ref('int_snapshots_counted') }}
    window series as (partition by exchange_id, symbol, feed order by hour_at)

),

hours as (

    select
        *,
        exchange_id as scope,
        symbol as subject,
        asked_count + skipped_count
        + case
            when has_earlier
                then greatest(div(first_from_ms - hour_from_ms, first_step_ms), 0)
            else 0
        end
        + case
            when has_later
                then greatest(div(hour_from_ms + 3600000 - last_until_ms, last_step_ms), 0)
            else 0
        end as expected_count,
        {{ share_without('books_count', 'broken_count') }} as consistency_ratio
    from followed

),

checked as (

    {{ as_quality_sql('hours', given=[
        'scope', 'subject', 'feed', 'hour_at', 'expected_count', 'held_count',
        'delay_p50_s', 'delay_p95_s', 'delay_max_s', 'broken_count', 'anomalies_count',
        'consistency_ratio',
    ]) }}

)

select * from checked
