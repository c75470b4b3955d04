{%- set minute = ['exchange_id', 'minute_at'] -%}
{%- set requests = ref('stg_exchange__requests') -%}
{{ config(
    unique_key=minute,
    indexes=[{'columns': ['changed_in']}],
) }}

with

touched as (

    {{ touched_units(minute, loads={requests: 'requested_at'}) }}

),

requests as (

    select
        *,
        case when http_status is not null then elapsed_ms end as latency_ms,
        {{ unit_start('minute_at', 'requested_at') }} as minute_at
    from {{ rows_of(requests, minute, at='requested_at') }}
    where load_id in ({{ finished_loads('bronze_exchange') }})

),

health as (

    select
        exchange_id,
        minute_at,
        count(*) as requests_count,
        {%- for outcome in ['answered', 'throttled', 'refused', 'failed', 'no answer'] %}
        count(*) filter (where outcome = '{{ outcome }}')
            as {{ outcome.replace('no answer', 'unanswered') }}_count,
        {%- endfor %}
        count(*) filter (where attempt > 1) as retries_count,
        count(distinct symbol) as subjects_count,
        sum(weight)::bigint as weight_spent,
        sum(bytes_count)::bigint as bytes_count,
        percentile_disc(0.5) within group (order by latency_ms) as latency_p50_ms,
        percentile_disc(0.95) within group (order by latency_ms) as latency_p95_ms,
        max(latency_ms) as latency_max_ms,
        {{ own_batch() }} as changed_in
    from requests
    group by
        exchange_id,
        minute_at

)

select * from health
