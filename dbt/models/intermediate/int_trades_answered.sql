{{ config(
    unique_key=['exchange_id', 'symbol', 'hour_at'],
    indexes=[
        {'columns': ['exchange_id', 'symbol', 'hour_at'], 'unique': true},
        {'columns': ['changed_in']},
    ],
) }}


with

answers as (

    select
        exchange_id,
        symbol,
        (answered_from_ns + 999999) / 1000000 as whole_from_ms,
        answered_until_ns / 1000000 as whole_until_ms,
        {{ trade_minute_ns('answered_from_ns') }} as touched_from_ns,
        {{ trade_minute_ns('answered_until_ns + 59999999999') }} as touched_until_ns,
        null::text as file_id,
        null::text as load_id
    from {{ ref('stg_exchange__trade_pages') }}
    where
        answered_until_ns > answered_from_ns
        and {{ loads_to_read('bronze_exchange') }}

),

-- aggregates of a market that counts in contracts have no amount and speak for nothing
files as (

    select *
    from {{ ref('stg_archive__files') }}
    where
        status = 'loaded'
        and (
            feed = 'trades'
            or (feed = 'agg_trades' and market != 'cm')
        )
        and {{ loads_to_read('bronze_archive') }}

),

refused_hours as (

    {{ refused_hours_sql('files', ref('stg_archive__refused_spans')) }}

),

spans as (

    select * from answers
    union all
    select
        exchange_id,
        symbol,
        covers_from_ms as whole_from_ms,
        covers_until_ms as whole_until_ms,
        covers_from_ms * 1000000 as touched_from_ns,
        covers_until_ms * 1000000 as touched_until_ns,
        file_id,
        load_id
    from files

),

span_hours as (

    select
        spans.exchange_id,
        spans.symbol,
        to_timestamp(hours.hour_ms / 1000) as hour_at,
        {{ minutes_mask('hours.hour_ms', 'spans.whole_from_ms', 'spans.whole_until_ms') }}
        & ~coalesce(refused_hours.refused_mask, 0) as whole_mask,
        {{ minutes_mask(
            'hours.hour_ms', 'spans.touched_from_ns / 1000000',
            'spans.touched_until_ns / 1000000',
        ) }} as touched_mask
    from spans
    cross join
        lateral generate_series(
            spans.touched_from_ns / 3600000000000 * 3600000,
            spans.touched_until_ns / 1000000 - 1,
            3600000
        ) as hours (hour_ms)
    left join refused_hours
        on
            spans.file_id = refused_hours.file_id
            and spans.load_id = refused_hours.load_id
            and hours.hour_ms = refused_hours.hour_ms

),

news as (

    select
        exchange_id,
        symbol,
        hour_at,
        bit_or(whole_mask) as whole_mask,
        bit_or(touched_mask) as touched_mask
    from span_hours
    group by
        exchange_id,
        symbol,
        hour_at

),

united as (

    {{ united_masks_sql(['whole_mask', 'touched_mask']) }}

),

answered as (

    select
        exchange_id,
        symbol,
        hour_at,
        whole_mask,
        touched_mask,
        {{ own_batch() }} as changed_in
    from united

)

select * from answered
