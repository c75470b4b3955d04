{{ config(
    unique_key=['exchange_id', 'symbol', 'opened_date'],
    indexes=[{'columns': ['changed_in']}],
) }}

{%- set claims_only = reads_claims_only() -%}
{%- set grades = ['provisional', 'closed', 'confirmed', 'sealed'] %}

with

{% if claims_only -%}
touched_days as (

    select
        exchange_id,
        symbol,
        (hour_at at time zone 'UTC')::date as opened_date
    from {{ ref('int_minutes_accounted') }}
    where changed_in = any({{ claimed_batches() }})
    union
    select
        exchange_id,
        symbol,
        (opened_at at time zone 'UTC')::date
    from {{ ref('int_candles_chosen') }}
    where changed_in = any({{ claimed_batches() }})
    union
    select
        exchange_id,
        symbol,
        (opened_at at time zone 'UTC')::date
    from {{ ref('fct_candle_proofs') }}
    where changed_in = any({{ claimed_batches() }})

),

{% for name, model, time in [
    ('hours', 'int_minutes_accounted', 'hour_at'),
    ('candles', 'int_candles_chosen', 'opened_at'),
    ('proofs', 'fct_candle_proofs', 'opened_at'),
] -%}
{{ name }} as (

    select history.*
    from touched_days
    cross join
        lateral (
            select of_the_day.*
            from {{ ref(model) }} as of_the_day
            where
                of_the_day.exchange_id = touched_days.exchange_id
                and of_the_day.symbol = touched_days.symbol
                and of_the_day.{{ time }} >= touched_days.opened_date::timestamp at time zone 'UTC'
                and of_the_day.{{ time }}
                < (touched_days.opened_date + 1)::timestamp at time zone 'UTC'
            order by of_the_day.{{ time }}
            offset 0
        ) as history

),

{% endfor -%}
{%- else -%}
hours as (

    select * from {{ ref('int_minutes_accounted') }}

),

candles as (

    select * from {{ ref('int_candles_chosen') }}

),

proofs as (

    select * from {{ ref('fct_candle_proofs') }}

),

{% endif -%}
-- minutes that were asked for, are held, or lie between trades: bits of an hour
minute_masks as (

    select
        exchange_id,
        symbol,
        hour_at,
        asked_mask | answered_full_mask | answered_sparse_mask | file_missing_mask
        | candle_mask | proven_mask as minutes_mask
    from hours
    union all
    select
        exchange_id,
        symbol,
        {{ bucket_start(60, 'opened_at') }} as hour_at,
        bit_or(1::bigint << extract(minute from opened_at)::integer) as minutes_mask
    from proofs
    group by
        exchange_id,
        symbol,
        {{ bucket_start(60, 'opened_at') }}

),

hours_united as (

    select
        exchange_id,
        symbol,
        hour_at,
        bit_or(minutes_mask) as minutes_mask
    from minute_masks
    group by
        exchange_id,
        symbol,
        hour_at

),

hours_counted as (

    select
        exchange_id,
        symbol,
        (hour_at at time zone 'UTC')::date as opened_date,
        sum(bit_count(minutes_mask::bit(64))) as minutes_count
    from hours_united
    group by
        exchange_id,
        symbol,
        (hour_at at time zone 'UTC')::date

),

candles_counted as (

    select
        exchange_id,
        symbol,
        (opened_at at time zone 'UTC')::date as opened_date,
        {%- for grade in grades %}
        count(*) filter (where evidence_grade = '{{ grade }}') as {{ grade }}_count,
        {%- endfor %}
        count(*) as candles_count
    from candles
    group by
        exchange_id,
        symbol,
        (opened_at at time zone 'UTC')::date

),

proofs_counted as (

    select
        exchange_id,
        symbol,
        (opened_at at time zone 'UTC')::date as opened_date,
        count(*) filter (where proof = 'proven complete') as proven_complete_count,
        count(*) filter (where proof = 'proven empty') as proven_empty_count,
        count(*) filter (where proof = 'lost trades') as lost_minutes_count,
        sum(lost_trades_count) as lost_trades_count,
        count(*) filter (where proof = 'contradicted') as contradicted_count
    from proofs
    group by
        exchange_id,
        symbol,
        (opened_at at time zone 'UTC')::date

),

days as (

    select
        hours_counted.exchange_id,
        hours_counted.symbol,
        hours_counted.opened_date,
        hours_counted.minutes_count,
        coalesce(candles_counted.candles_count, 0) as candles_count,
        {%- for grade in grades %}
        coalesce(candles_counted.{{ grade }}_count, 0) as {{ grade }}_count,
        {%- endfor %}
        coalesce(proofs_counted.proven_complete_count, 0) as proven_complete_count,
        coalesce(proofs_counted.proven_empty_count, 0) as proven_empty_count,
        coalesce(proofs_counted.lost_minutes_count, 0) as lost_minutes_count,
        coalesce(proofs_counted.lost_trades_count, 0) as lost_trades_count,
        coalesce(proofs_counted.contradicted_count, 0) as contradicted_count
    from hours_counted
    left join candles_counted
        on
            hours_counted.exchange_id = candles_counted.exchange_id
            and hours_counted.symbol = candles_counted.symbol
            and hours_counted.opened_date = candles_counted.opened_date
    left join proofs_counted
        on
            hours_counted.exchange_id = proofs_counted.exchange_id
            and hours_counted.symbol = proofs_counted.symbol
            and hours_counted.opened_date = proofs_counted.opened_date

),

completeness as (

    select
        exchange_id,
        symbol,
        opened_date,
        minutes_count::bigint as minutes_count,
        candles_count,
        {%- for grade in grades %}
        {{ grade }}_count,
        {%- endfor %}
        proven_complete_count,
        proven_empty_count,
        lost_minutes_count,
        lost_trades_count::bigint as lost_trades_count,
        contradicted_count,
        minutes_count::bigint - proven_complete_count - proven_empty_count
        - lost_minutes_count - contradicted_count as unproven_count,
        ((proven_complete_count + proven_empty_count) / minutes_count)::numeric(7, 6)
            as proven_ratio,
        {{ own_batch() }} as changed_in
    from days
    where minutes_count > 0

)

select * from completeness
