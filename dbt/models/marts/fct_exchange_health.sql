{%- set minute = ['exchange_id', 'minute_at'] -%}
{{ config(
    unique_key=minute,
    pre_hook="{{ remember_scope(changed_health_minutes_sql(
        requests=ref('stg_exchange__requests'),
        events=source('ops', 'budget_events'),
        asked=ref('int_series_asked'),
        candles=ref('stg_exchange__ohlcv'),
        changes=ref('int_config_changes_timed'),
    )) }}",
    meta={'unit_of_work': minute, 'loses_rows': true},
    indexes=[{'columns': ['changed_in']}],
) }}

{%- set outcomes = ['answered', 'throttled', 'refused', 'failed', 'unanswered'] -%}
{%- set counts = ['retries_count', 'subjects_count', 'weight_spent', 'bytes_count'] %}

with

requests as (

    select
        *,
        case when http_status is not null then elapsed_ms end as latency_ms,
        {{ unit_start('minute_at', 'requested_at') }} as minute_at
    from {{ rows_of(ref('stg_exchange__requests'), minute, at='requested_at') }}
    where load_id in ({{ finished_loads('bronze_exchange') }})

),

requests_counted as (

    select
        exchange_id,
        minute_at,
        count(*) as requests_count,
        {%- for outcome in outcomes %}
        count(*) filter (where outcome = '{{ outcome.replace('unanswered', 'no answer') }}')
            as {{ outcome }}_count,
        {%- endfor %}
        count(*) filter (where attempt > 1) as retries_count,
        count(distinct symbol) as subjects_count,
        sum(weight)::bigint as weight_spent,
        sum(bytes_count)::bigint as bytes_count,
        percentile_disc(0.5) within group (order by latency_ms) as latency_p50_ms,
        percentile_disc(0.95) within group (order by latency_ms) as latency_p95_ms,
        max(latency_ms) as latency_max_ms
    from requests
    group by
        exchange_id,
        minute_at

),

limits_spent as (

    select
        exchange_id,
        minute_at,
        limit_name,
        sum(weight) / nullif(max(limit_per_minute), 0)::numeric as limit_ratio
    from requests
    where limit_name is not null
    group by
        exchange_id,
        minute_at,
        limit_name

),

fullest_limits as (

    select distinct on (exchange_id, minute_at)
        exchange_id,
        minute_at,
        limit_name,
        limit_ratio
    from limits_spent
    order by
        exchange_id asc,
        minute_at asc,
        limit_ratio desc nulls last,
        limit_name asc

),

halts as (

    select
        spans.exchange_id,
        spans.event,
        spans.began_at,
        minutes.minute_at,
        tstzrange(
            greatest(spans.began_at, minutes.minute_at),
            least(spans.ended_at, minutes.minute_at + interval '1 minute')
        ) as span
    from {{ ref('int_budgets_halted') }} as spans
    cross join
        lateral generate_series(
            {{ bucket_start(1, 'spans.began_at') }},
            greatest(spans.ended_at - interval '1 microsecond', spans.began_at),
            interval '1 minute'
        ) as minutes (minute_at)

),

halts_united as (

    select
        exchange_id,
        minute_at,
        range_agg(span) as spans,
        count(*) filter (where event = 'opening' and began_at >= minute_at) as openings_count
    from halts
    where {{ is_of_units('halts', minute, claimed_scope()) }}
    group by
        exchange_id,
        minute_at

),

halts_counted as (

    select
        halts_united.exchange_id,
        halts_united.minute_at,
        halts_united.openings_count,
        coalesce(sum(extract(epoch from upper(parts.span) - lower(parts.span))), 0)
            as paused_seconds
    from halts_united
    left join lateral unnest(halts_united.spans) as parts (span) on true
    group by
        halts_united.exchange_id,
        halts_united.minute_at,
        halts_united.openings_count

),

minutes as (

    select
        exchange_id,
        minute_at
    from requests_counted
    union
    select
        exchange_id,
        minute_at
    from halts_counted

),

series_wanted as (

    {{ series_wanted_sql(
        'minutes',
        asked=ref('int_series_asked'),
        choices=ref('int_config_choices'),
        changes=ref('int_config_changes_timed'),
    ) }}

),

-- how old its newest complete candle was at the minute's end: of those that had come
series_aged as (

    select
        series_wanted.exchange_id,
        series_wanted.minute_at,
        {{ steps_between("'1m'", 'newest.opened_at', 'series_wanted.minute_at') }}
            as age_minutes
    from series_wanted
    left join
        lateral (
            select candles.opened_at
            from {{ ref('stg_exchange__ohlcv') }} as candles
            where
                candles.exchange_id = series_wanted.exchange_id
                and candles.symbol = series_wanted.symbol
                and candles.opened_at_ms <= {{ epoch_ms('series_wanted.minute_at') }}
                and candles.is_after_end
                and candles.received_at < series_wanted.minute_at + interval '1 minute'
                and candles.load_id in ({{ finished_loads('bronze_exchange') }})
            order by candles.opened_at_ms desc
            limit 1
        ) as newest
        on true

),

series_counted as (

    select
        exchange_id,
        minute_at,
        count(*) as series_count,
        percentile_disc(0.5) within group (order by age_minutes) as age_p50_minutes,
        max(age_minutes) as age_max_minutes
    from series_aged
    group by
        exchange_id,
        minute_at

),

health as (

    select
        minutes.exchange_id,
        minutes.minute_at,
        coalesce(requests_counted.requests_count, 0) as requests_count,
        {%- for outcome in outcomes %}
        coalesce(requests_counted.{{ outcome }}_count, 0) as {{ outcome }}_count,
        {%- endfor %}
        {%- for name in counts %}
        coalesce(requests_counted.{{ name }}, 0) as {{ name }},
        {%- endfor %}
        requests_counted.latency_p50_ms,
        requests_counted.latency_p95_ms,
        requests_counted.latency_max_ms,
        fullest_limits.limit_name,
        fullest_limits.limit_ratio::numeric(18, 6) as limit_ratio,
        coalesce(halts_counted.paused_seconds, 0)::numeric(8, 6) as paused_seconds,
        coalesce(halts_counted.openings_count, 0) as openings_count,
        coalesce(series_counted.series_count, 0) as series_count,
        series_counted.age_p50_minutes::bigint as age_p50_minutes,
        series_counted.age_max_minutes::bigint as age_max_minutes,
        {{ own_batch() }} as changed_in
    from minutes
    {% for counted in [
        'requests_counted', 'fullest_limits', 'halts_counted', 'series_counted'
    ] -%}
    left join {{ counted }}
        on
            minutes.exchange_id = {{ counted }}.exchange_id
            and minutes.minute_at = {{ counted }}.minute_at
    {% endfor %}

)

select * from health
