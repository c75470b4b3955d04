{{ config(materialized='view') }}

with

files as (

    select *
    from {{ ref('stg_archive__files') }}
    where
        feed = 'funding_rates'
        and status = 'loaded'
        and load_id in ({{ finished_loads('bronze_archive') }})

),

-- where an interval changes, the longer of both: nothing is missed that was not due
followed as (

    select
        *,
        lag(due_at) over series as previous_due_at,
        interval '1 hour' * greatest(interval_hours, lag(interval_hours) over series)
            as longest_interval
    from {{ ref('fct_funding') }}
    window series as (partition by exchange_id, symbol order by due_at)

),

slots as (

    select
        followed.exchange_id,
        followed.symbol,
        slots.due_at,
        (extract(epoch from slots.due_at) * 1000)::bigint as due_at_ms
    from followed
    cross join
        lateral generate_series(
            followed.previous_due_at + followed.longest_interval,
            followed.due_at - followed.longest_interval / 2,
            followed.longest_interval
        ) as slots (due_at)
    where followed.longest_interval > interval '0'

),

-- of those that were due, what an answer or a file speaks for, and has not
missed as (

    select
        slots.exchange_id,
        slots.symbol,
        slots.due_at
    from slots
    left join {{ ref('int_funding_answered') }} as told
        on
            slots.exchange_id = told.exchange_id
            and slots.symbol = told.symbol
            and (slots.due_at at time zone 'UTC')::date = told.answered_date
    where
        coalesce(told.answered @> slots.due_at_ms, false)
        or exists (
            select 1
            from files
            where
                files.exchange_id = slots.exchange_id
                and files.symbol = slots.symbol
                and files.covers_from_ms <= slots.due_at_ms
                and files.covers_until_ms > slots.due_at_ms
        )

),

answers as (

    select
        readings.exchange_id,
        readings.symbol,
        {{ due_at('readings.settled_at_ms') }} as due_at,
        min(loads.completed_at) as committed_at
    from {{ ref('stg_exchange__funding_rates') }} as readings
    inner join {{ source('ops', 'loads') }} as loads
        on
            readings.load_id = loads.load_id
            and loads.schema_name = 'bronze_exchange'
    group by
        readings.exchange_id,
        readings.symbol,
        {{ due_at('readings.settled_at_ms') }}

),

archived as (

    select
        readings.exchange_id,
        readings.symbol,
        {{ due_at('readings.settled_at_ms') }} as due_at,
        min(files.published_at_ms - files.covers_until_ms) / 1000.0 as archive_delay_s
    from {{ ref('stg_archive__funding_rates') }} as readings
    inner join files
        on
            readings.file_id = files.file_id
            and readings.load_id = files.load_id
    group by
        readings.exchange_id,
        readings.symbol,
        {{ due_at('readings.settled_at_ms') }}

),

settlements as (

    select
        settled.exchange_id,
        settled.symbol,
        settled.due_at,
        true as is_held,
        answers.due_at is not null and archived.due_at is not null as is_compared,
        settled.is_contradicted,
        extract(epoch from answers.committed_at - settled.settled_at) as delay_s,
        archived.archive_delay_s
    from {{ ref('fct_funding') }} as settled
    {% for readings in ['answers', 'archived'] -%}
    left join {{ readings }}
        on
            settled.exchange_id = {{ readings }}.exchange_id
            and settled.symbol = {{ readings }}.symbol
            and settled.due_at = {{ readings }}.due_at
    {% endfor -%}
    union all
    select
        exchange_id,
        symbol,
        due_at,
        false as is_held,
        false as is_compared,
        false as is_contradicted,
        null as delay_s,
        null as archive_delay_s
    from missed

),

hours as (

    select
        exchange_id as scope,
        symbol as subject,
        'funding_rates' as feed,
        {{ bucket_start(60, 'due_at') }} as hour_at,
        count(*) as expected_count,
        count(*) filter (where is_held) as held_count,
        count(*) filter (where is_contradicted) as disagreements_count,
        count(*) filter (where is_compared) as compared_count,
        count(*) filter (where is_compared and is_contradicted) as differing_count,
        percentile_disc(0.5) within group (order by delay_s) as delay_p50_s,
        percentile_disc(0.95) within group (order by delay_s) as delay_p95_s,
        max(delay_s) as delay_max_s,
        min(archive_delay_s) as archive_delay_s
    from settlements
    group by
        exchange_id,
        symbol,
        {{ bucket_start(60, 'due_at') }}

),

judged as (

    select
        *,
        {{ share_without('compared_count', 'differing_count') }} as accuracy_ratio
    from hours

),

checked as (

    {{ as_quality_sql('judged', given=[
        'scope', 'subject', 'feed', 'hour_at', 'expected_count', 'held_count',
        'disagreements_count', 'compared_count', 'delay_p50_s', 'delay_p95_s',
        'delay_max_s', 'archive_delay_s', 'accuracy_ratio',
    ]) }}

)

select * from checked
