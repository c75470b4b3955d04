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
{%- set kinds = {
    'answered': answers,
    'held': ['candle_mask', 'final_mask'],
    'proved': ['proven_mask'],
    'silences': ['silent_mask'],
    'left_out': ['told_twice_mask'],
} -%}
{%- set hour = ['exchange_id', 'symbol', 'hour_at'] %}

with

-- a proof or a grade can be taken back, so a touched hour is made anew from its minutes
touched as (

    {{ touched_units(hour, batches={
        ref('int_minutes_answered'): 'hour_at',
        ref('int_candles_chosen'): 'opened_at',
        ref('fct_candle_proofs'): 'opened_at',
        ref('int_minutes_silent'): 'hour_at',
        ref('int_minutes_left_out'): 'hour_at',
    }) }}

),

answered as (

    select * from {{ rows_of(ref('int_minutes_answered'), hour) }}

),

candles as (

    select * from {{ rows_of(ref('int_candles_chosen'), hour, at='opened_at') }}

),

proofs as (

    select * from {{ rows_of(ref('fct_candle_proofs'), hour, at='opened_at') }}

),

silences as (

    select * from {{ rows_of(ref('int_minutes_silent'), hour) }}

),

left_out as (

    select * from {{ rows_of(ref('int_minutes_left_out'), hour) }}

),

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

    {% for relation, masks in kinds.items() -%}
    select
        exchange_id,
        symbol,
        {%- for mask in kinds.values() | sum(start=[]) %}
        {{ 'coalesce(' ~ mask ~ ', 0)' if mask in masks else '0::bigint' }} as {{ mask }},
        {%- endfor %}
        hour_at
    from {{ relation }}
    {% if not loop.last %}union all
    {% endif -%}
    {%- endfor %}

),

accounts as (

    select
        exchange_id,
        symbol,
        {%- for mask in kinds.values() | sum(start=[]) %}
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
        | (
            answered_sparse_mask & ~answered_full_mask & ~candle_mask & ~silent_mask
            & told_twice_mask
        )
        | proven_mask as settled_mask,
        {{ own_batch() }} as changed_in
    from accounts

)

select * from settled
