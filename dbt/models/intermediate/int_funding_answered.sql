{%- set day = ['exchange_id', 'symbol', 'answered_date'] -%}
{{ config(
    unique_key=day,
    indexes=[
        {'columns': day, 'unique': true},
        {'columns': ['changed_in']},
    ],
) }}

with

pages as (

    select *
    from {{ ref('stg_exchange__funding_pages') }}
    where {{ loads_to_read('bronze_exchange') }}

),

day_spans as (

    select
        pages.exchange_id,
        pages.symbol,
        (to_timestamp(of_days.day_ms / 1000) at time zone 'UTC')::date as answered_date,
        int8range(
            greatest(pages.answered_from_ms, of_days.day_ms),
            least(pages.answered_until_ms, of_days.day_ms + 86400000)
        ) as answered
    from pages
    cross join
        lateral generate_series(
            pages.answered_from_ms / 86400000 * 86400000,
            pages.answered_until_ms - 1,
            86400000
        ) as of_days (day_ms)

),

news as (

    select
        exchange_id,
        symbol,
        answered_date,
        range_agg(answered) as answered
    from day_spans
    group by
        exchange_id,
        symbol,
        answered_date

),

united as (

    {{ united_spans_sql() }}

),

answered as (

    select
        exchange_id,
        symbol,
        answered_date,
        answered,
        {{ own_batch() }} as changed_in
    from united

)

select * from answered
