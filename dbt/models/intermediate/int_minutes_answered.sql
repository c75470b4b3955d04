{{ config(
    unique_key=['exchange_id', 'symbol', 'hour_at'],
    indexes=[
        {'columns': ['exchange_id', 'symbol', 'hour_at'], 'unique': true},
        {'columns': ['changed_in']},
    ],
) }}

{%- set masks = [
    'asked_mask', 'beyond_window_mask', 'answered_full_mask', 'answered_sparse_mask',
    'file_missing_mask',
] %}

with

pages as (

    select
        *,
        min(answered_from_ms) over (
            partition by load_id, request_id, exchange_id, symbol
        ) as first_answered_ms
    from {{ ref('stg_exchange__ohlcv_pages') }}
    where
        timeframe = '1m'
        and {{ loads_to_read('bronze_exchange') }}

),

page_hours as (

    select
        pages.*,
        hours.hour_ms
    from pages
    cross join lateral generate_series(
        pages.asked_from_ms / 3600000 * 3600000,
        greatest(pages.asked_until_ms, pages.answered_until_ms) - 1,
        3600000
    ) as hours (hour_ms)

),

-- a minute that has not ended by the venue's clock cannot be answered for yet
page_answers as (

    select
        exchange_id,
        symbol,
        to_timestamp(hour_ms / 1000) as hour_at,
        {{ minutes_mask('hour_ms', 'asked_from_ms', 'least(asked_until_ms, venue_now_ms)') }}
            as asked_mask,
        {{ minutes_mask('hour_ms', 'asked_from_ms', 'least(first_answered_ms, venue_now_ms)') }}
            as beyond_window_mask,
        case
            when is_sending_quiet_minutes
                then {{ minutes_mask('hour_ms', 'answered_from_ms', 'answered_until_ms') }}
            else 0
        end as answered_full_mask,
        case
            when not is_sending_quiet_minutes
                then {{ minutes_mask('hour_ms', 'answered_from_ms', 'answered_until_ms') }}
            else 0
        end as answered_sparse_mask,
        0::bigint as file_missing_mask
    from page_hours

),

files as (

    select *
    from {{ ref('stg_archive__files') }}
    where
        feed = 'klines'
        and timeframe = '1m'
        and {{ loads_to_read('bronze_archive') }}

),

refused_hours as (

    {{ refused_hours_sql('files', ref('stg_archive__refused_spans')) }}

),

file_hours as (

    select
        files.*,
        hours.hour_ms,
        {{ minutes_mask('hours.hour_ms', 'files.covers_from_ms', 'files.covers_until_ms') }}
            as covered_mask,
        {{ minutes_mask(
            'hours.hour_ms', 'files.covers_from_ms',
            'least(files.covers_until_ms, files.venue_now_ms)',
        ) }} as ended_mask,
        coalesce(refused_hours.refused_mask, 0) as refused_mask
    from files
    cross join
        lateral generate_series(
            files.covers_from_ms / 3600000 * 3600000, files.covers_until_ms - 1, 3600000
        ) as hours (hour_ms)
    left join refused_hours
        on
            files.file_id = refused_hours.file_id
            and files.load_id = refused_hours.load_id
            and hours.hour_ms = refused_hours.hour_ms

),

file_answers as (

    select
        exchange_id,
        symbol,
        to_timestamp(hour_ms / 1000) as hour_at,
        case when status = 'loaded' then covered_mask else ended_mask end as asked_mask,
        0::bigint as beyond_window_mask,
        case when status = 'loaded' then covered_mask & ~refused_mask else 0 end
            as answered_full_mask,
        0::bigint as answered_sparse_mask,
        case when status = 'missing' then ended_mask else 0 end as file_missing_mask
    from file_hours

),

answers as (

    select * from page_answers
    union all
    select * from file_answers

),

news as (

    select
        exchange_id,
        symbol,
        {%- for mask in masks %}
        bit_or({{ mask }}) as {{ mask }},
        {%- endfor %}
        hour_at
    from answers
    group by
        exchange_id,
        symbol,
        hour_at

),

united as (

    {{ united_masks_sql(masks) }}

),

answered as (

    select
        exchange_id,
        symbol,
        hour_at,
        {{ masks | join(',\n        ') }},
        {{ own_batch() }} as changed_in
    from united

)

select * from answered
