{%- set hour = ['exchange_id', 'symbol', 'feed', 'hour_at'] -%}
{%- set keys = hour | join(', ') -%}
{{ config(
    unique_key=hour,
    pre_hook="{{ remember_scope(touched_units(
        batches={of_feed(ref('fct_liquidity'), 'order_books'): 'snapshot_at'},
        loads={ref('stg_exchange__snapshot_pages'): 'asked_until_ms'},
    )) }}",
    meta={'unit_of_work': hour},
    indexes=[
        {'columns': hour, 'unique': true},
        {'columns': ['changed_in']},
    ],
) }}

with

pages as (

    select
        pages.*,
        {{ unit_start('hour_at', 'pages.asked_until_ms') }} as hour_at,
        loads.completed_at
    from {{ rows_of(ref('stg_exchange__snapshot_pages'), hour, at='asked_until_ms') }} as pages
    inner join {{ source('ops', 'loads') }} as loads
        on
            pages.load_id = loads.load_id
            and loads.schema_name = 'bronze_exchange'
    where pages.asked_until_ms > pages.asked_from_ms

),

books as (

    select
        *,
        {{ bucket_start(60, 'snapshot_at') }} as hour_at
    from {{ rows_of(of_feed(ref('fct_liquidity'), 'order_books'), hour, at='snapshot_at') }}

),

-- a step may be asked for twice; it counts once, and since its first answer
steps as (

    select
        {{ keys }},
        asked_from_ms,
        asked_until_ms,
        bool_or(is_answered) as is_answered,
        min(extract(epoch from completed_at) - venue_now_ms / 1000.0)
        filter (where is_answered) as delay_s
    from pages
    group by
        {{ keys }},
        asked_from_ms,
        asked_until_ms

),

followed as (

    select
        *,
        lead(asked_from_ms) over (
            partition by {{ keys }}
            order by asked_from_ms, asked_until_ms
        ) as next_from_ms
    from steps

),

-- where the length of a step was changed, a hole is of steps as the one before it
steps_counted as (

    select
        {{ keys }},
        count(*) as asked_count,
        count(*) filter (where is_answered) as held_count,
        sum(
            greatest(next_from_ms - asked_until_ms, 0) / (asked_until_ms - asked_from_ms)
        )::bigint as skipped_count,
        min(asked_from_ms) as first_from_ms,
        max(asked_until_ms) as last_until_ms,
        (array_agg(asked_until_ms - asked_from_ms order by asked_from_ms, asked_until_ms))[1]
            as first_step_ms,
        (
            array_agg(asked_until_ms - asked_from_ms order by asked_from_ms, asked_until_ms)
        )[count(*)] as last_step_ms,
        percentile_disc(array[0.5, 0.95, 1]) within group (order by delay_s) as delays_s
    from followed
    group by {{ keys }}

),

books_counted as (

    select
        {{ keys }},
        count(*) as books_count,
        count(*) filter (where excluded_for = 'crossed') as broken_count,
        count(*) filter (where excluded_for is not null) as anomalies_count
    from books
    group by {{ keys }}

),

counted as (

    select
        steps_counted.exchange_id,
        steps_counted.symbol,
        steps_counted.feed,
        steps_counted.hour_at,
        steps_counted.asked_count,
        steps_counted.held_count,
        coalesce(steps_counted.skipped_count, 0) as skipped_count,
        steps_counted.first_from_ms,
        steps_counted.last_until_ms,
        steps_counted.first_step_ms,
        steps_counted.last_step_ms,
        {%- for name in ['p50', 'p95', 'max'] %}
        steps_counted.delays_s[{{ loop.index }}]::numeric(38, 6) as delay_{{ name }}_s,
        {%- endfor %}
        books_counted.books_count,
        books_counted.broken_count,
        books_counted.anomalies_count,
        {{ own_batch() }} as changed_in
    from steps_counted
    left join books_counted
        on {{ same_key('books_counted', 'steps_counted', hour) }}

)

select * from counted
