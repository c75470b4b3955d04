{{ config(
    unique_key=['exchange_id', 'symbol', 'hour_at'],
    indexes=[
        {'columns': ['exchange_id', 'symbol', 'hour_at'], 'unique': true},
        {'columns': ['changed_in']},
    ],
) }}

{%- set claims_only = reads_claims_only() %}

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
        {% if claims_only -%}
        and load_id = any({{ claimed_loads() }})
        {%- else -%}
        and load_id in ({{ finished_loads('bronze_exchange') }})
        {%- endif %}

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
answers as (

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
        0::bigint as candle_mask,
        0::bigint as final_mask
    from page_hours

),

candles as (

    select
        exchange_id,
        symbol,
        {{ bucket_start(60, 'opened_at') }} as hour_at,
        1::bigint << extract(minute from opened_at)::integer as minute_mask,
        evidence_grade != 'provisional' as is_final
    from {{ ref('int_candles_graded') }}
    {%- if claims_only %}
    where changed_in = any({{ claimed_batches() }})
    {%- endif %}

),

held as (

    select
        exchange_id,
        symbol,
        hour_at,
        0::bigint as asked_mask,
        0::bigint as beyond_window_mask,
        0::bigint as answered_full_mask,
        0::bigint as answered_sparse_mask,
        bit_or(minute_mask) as candle_mask,
        coalesce(bit_or(minute_mask) filter (where is_final), 0) as final_mask
    from candles
    group by
        exchange_id,
        symbol,
        hour_at

),

heard as (

    select * from answers
    union all
    select * from held

),

news as (

    select
        exchange_id,
        symbol,
        hour_at,
        bit_or(asked_mask) as asked_mask,
        bit_or(beyond_window_mask) as beyond_window_mask,
        bit_or(answered_full_mask) as answered_full_mask,
        bit_or(answered_sparse_mask) as answered_sparse_mask,
        bit_or(candle_mask) as candle_mask,
        bit_or(final_mask) as final_mask
    from heard
    group by
        exchange_id,
        symbol,
        hour_at

),

{% if claims_only -%}
-- nothing heard is ever unheard: what is stored and what is new are united
accounts as (

    select
        news.exchange_id,
        news.symbol,
        news.hour_at,
        news.asked_mask | coalesce(stored.asked_mask, 0) as asked_mask,
        news.beyond_window_mask | coalesce(stored.beyond_window_mask, 0) as beyond_window_mask,
        news.answered_full_mask | coalesce(stored.answered_full_mask, 0) as answered_full_mask,
        news.answered_sparse_mask
        | coalesce(stored.answered_sparse_mask, 0) as answered_sparse_mask,
        news.candle_mask | coalesce(stored.candle_mask, 0) as candle_mask,
        news.final_mask | coalesce(stored.final_mask, 0) as final_mask
    from news
    left join
        lateral (
            select this_table.*
            from {{ this }} as this_table
            where
                this_table.exchange_id = news.exchange_id
                and this_table.symbol = news.symbol
                and this_table.hour_at = news.hour_at
            order by this_table.hour_at
            offset 0
        ) as stored
        on true

),
{%- else -%}
accounts as (

    select * from news

),
{%- endif %}

settled as (

    select
        exchange_id,
        symbol,
        hour_at,
        asked_mask,
        beyond_window_mask,
        answered_full_mask,
        answered_sparse_mask,
        candle_mask,
        final_mask,
        ((answered_full_mask | answered_sparse_mask) & final_mask)
        | (answered_sparse_mask & ~answered_full_mask & ~candle_mask) as settled_mask,
        {{ own_batch() }} as changed_in
    from accounts

)

select * from settled
