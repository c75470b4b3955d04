{{ config(
    unique_key=['exchange_id', 'symbol', 'hour_at'],
    indexes=[
        {'columns': ['exchange_id', 'symbol', 'hour_at'], 'unique': true},
        {'columns': ['changed_in']},
    ],
) }}

{%- set answers = [
    'asked_mask', 'beyond_window_mask', 'answered_full_mask', 'answered_sparse_mask',
    'file_missing_mask',
] -%}
{%- set claims_only = reads_claims_only() %}

with

{% if claims_only -%}
-- a proof or a grade can be taken back, so a touched hour is made anew from its minutes
touched_hours as (

    select
        exchange_id,
        symbol,
        hour_at
    from {{ ref('int_minutes_answered') }}
    where changed_in = any({{ claimed_batches() }})
    union
    select
        exchange_id,
        symbol,
        {{ bucket_start(60, 'opened_at') }}
    from {{ ref('int_candles_chosen') }}
    where changed_in = any({{ claimed_batches() }})
    union
    select
        exchange_id,
        symbol,
        {{ bucket_start(60, 'opened_at') }}
    from {{ ref('fct_candle_proofs') }}
    where changed_in = any({{ claimed_batches() }})

),

answered as (

    select answer.*
    from touched_hours
    cross join
        lateral (
            select hours.*
            from {{ ref('int_minutes_answered') }} as hours
            where
                hours.exchange_id = touched_hours.exchange_id
                and hours.symbol = touched_hours.symbol
                and hours.hour_at = touched_hours.hour_at
            order by hours.hour_at
            offset 0
        ) as answer

),

candles as (

    select history.*
    from touched_hours
    cross join
        lateral (
            select minutes.*
            from {{ ref('int_candles_chosen') }} as minutes
            where
                minutes.exchange_id = touched_hours.exchange_id
                and minutes.symbol = touched_hours.symbol
                and minutes.opened_at >= touched_hours.hour_at
                and minutes.opened_at < touched_hours.hour_at + interval '1 hour'
            order by minutes.opened_at
            offset 0
        ) as history

),

proofs as (

    select history.*
    from touched_hours
    cross join
        lateral (
            select minutes.*
            from {{ ref('fct_candle_proofs') }} as minutes
            where
                minutes.exchange_id = touched_hours.exchange_id
                and minutes.symbol = touched_hours.symbol
                and minutes.opened_at >= touched_hours.hour_at
                and minutes.opened_at < touched_hours.hour_at + interval '1 hour'
            order by minutes.opened_at
            offset 0
        ) as history

),
{%- else -%}
answered as (

    select * from {{ ref('int_minutes_answered') }}

),

candles as (

    select * from {{ ref('int_candles_chosen') }}

),

proofs as (

    select * from {{ ref('fct_candle_proofs') }}

),
{%- endif %}

held as (

    select
        exchange_id,
        symbol,
        {{ bucket_start(60, 'opened_at') }} as hour_at,
        bit_or(1::bigint << extract(minute from opened_at)::integer) as candle_mask,
        bit_or(1::bigint << extract(minute from opened_at)::integer)
        filter (where evidence_grade != 'provisional') as final_mask
    from candles
    group by
        exchange_id,
        symbol,
        {{ bucket_start(60, 'opened_at') }}

),

proved as (

    select
        exchange_id,
        symbol,
        {{ bucket_start(60, 'opened_at') }} as hour_at,
        bit_or(1::bigint << extract(minute from opened_at)::integer)
        filter (where is_proven) as proven_mask
    from proofs
    group by
        exchange_id,
        symbol,
        {{ bucket_start(60, 'opened_at') }}

),

-- one row an hour and kind of fact; each says nothing of what the others speak of
facts as (

    select
        exchange_id,
        symbol,
        hour_at,
        {{ answers | join(',\n        ') }},
        0::bigint as candle_mask,
        0::bigint as final_mask,
        0::bigint as proven_mask
    from answered
    union all
    select
        exchange_id,
        symbol,
        hour_at,
        {%- for mask in answers %}
        0::bigint as {{ mask }},
        {%- endfor %}
        candle_mask,
        coalesce(final_mask, 0) as final_mask,
        0::bigint as proven_mask
    from held
    union all
    select
        exchange_id,
        symbol,
        hour_at,
        {%- for mask in answers %}
        0::bigint as {{ mask }},
        {%- endfor %}
        0::bigint as candle_mask,
        0::bigint as final_mask,
        coalesce(proven_mask, 0) as proven_mask
    from proved

),

accounts as (

    select
        exchange_id,
        symbol,
        {%- for mask in answers + ['candle_mask', 'final_mask', 'proven_mask'] %}
        bit_or({{ mask }}) as {{ mask }},
        {%- endfor %}
        hour_at
    from facts
    group by
        exchange_id,
        symbol,
        hour_at

),

settled as (

    select
        exchange_id,
        symbol,
        hour_at,
        {{ answers | join(',\n        ') }},
        candle_mask,
        final_mask,
        proven_mask,
        ((answered_full_mask | answered_sparse_mask) & final_mask)
        | (answered_sparse_mask & ~answered_full_mask & ~candle_mask)
        | proven_mask as settled_mask,
        {{ own_batch() }} as changed_in
    from accounts

)

select * from settled
