{{ config(
    unique_key=['exchange_id', 'symbol', 'opened_at'],
    indexes=[
        {'columns': ['exchange_id', 'symbol', 'opened_at'], 'unique': true},
        {'columns': ['changed_in']},
    ],
) }}

{#- Parsing alone needs to see what only an increment reads. -#}
{%- if not execute %}{{ ref('stg_archive__klines') }} {{ ref('stg_archive__files') }}{% endif -%}
{%- set keys = 'exchange_id, symbol, opened_at_ms' -%}
{%- set claims_only = reads_claims_only() %}

with

{% if claims_only -%}
changed_minutes as (

    {{ claimed_candle_minutes_sql() }}

),

-- one index lookup a minute: without `offset 0` this becomes a join over all history
answers as (

    select history.*
    from changed_minutes
    cross join
        lateral (
            select ohlcv.*
            from {{ ref('stg_exchange__ohlcv') }} as ohlcv
            where
                ohlcv.exchange_id = changed_minutes.exchange_id
                and ohlcv.symbol = changed_minutes.symbol
                and ohlcv.opened_at_ms = changed_minutes.opened_at_ms
                and ohlcv.timeframe = '1m'
            order by ohlcv.venue_now_ms
            offset 0
        ) as history
    where history.load_id in ({{ finished_loads('bronze_exchange') }})

),

archived as (

    select history.*
    from changed_minutes
    cross join
        lateral (
            select candles.*
            from {{ ref('int_candles_archived') }} as candles
            where
                candles.exchange_id = changed_minutes.exchange_id
                and candles.symbol = changed_minutes.symbol
                and candles.opened_at_ms = changed_minutes.opened_at_ms
            order by candles.published_at_ms
            offset 0
        ) as history

),
{%- else -%}
answers as (

    select *
    from {{ ref('stg_exchange__ohlcv') }}
    where
        timeframe = '1m'
        and load_id in ({{ finished_loads('bronze_exchange') }})

),

archived as (

    select * from {{ ref('int_candles_archived') }}

),
{%- endif %}

-- A retracted row is a reading like any other after the end, and the earliest of them;
-- versions of one path are one reading.
readings as (

    select
        {{ keys }},
        {{ candle_values() | join(', ') }},
        false as is_sealing,
        is_after_end,
        'rest' as source,
        request_id as reading_id,
        request_id as told_by,
        venue_now_ms
    from answers
    union all
    select
        {{ keys }},
        {{ candle_values() | join(', ') }},
        is_sealing,
        true as is_after_end,
        'archive' as source,
        file_id as reading_id,
        path as told_by,
        case when is_sealing then published_at_ms else opened_at_ms + {{ minute_ms() }} end
            as venue_now_ms
    from archived

),

-- readings that agree are one candidate; rows of one request are one reading. `latest`
-- orders as text what makes one of them stand for all: seal, clock, source, name
candidates as (

    select
        {{ keys }},
        {{ candle_values() | join(', ') }},
        case
            when bool_or(is_sealing) then 'sealed'
            when
                min(told_by) filter (where is_after_end)
                < max(told_by) filter (where is_after_end)
                then 'confirmed'
            when bool_or(is_after_end) then 'closed'
            else 'provisional'
        end as evidence_grade,
        max(
            (
                is_sealing::integer || lpad(venue_now_ms::text, 15, '0')
                || rpad(source, 7) || reading_id
            ) collate "C"
        ) as latest
    from readings
    group by
        {{ keys }},
        {{ candle_values() | join(', ') }}

),

chosen as (

    select distinct on ({{ keys }}) *
    from candidates
    order by
        {{ keys }},
        {{ evidence_rank('evidence_grade') }} desc,
        substr(latest, 2, 15) collate "C" desc,
        {{ candle_values() | join(' desc nulls last, ') }} desc nulls last

),

graded as (

    select
        exchange_id,
        symbol,
        to_timestamp(opened_at_ms / 1000) as opened_at,
        open,
        high,
        low,
        close,
        base_volume,
        quote_volume,
        trades_count,
        taker_buy_base,
        taker_buy_quote,
        vwap,
        evidence_grade,
        rtrim(substr(latest, 17, 7)) as source,
        substr(latest, 24) as reading_id,
        substr(latest, 2, 15)::bigint as venue_now_ms,
        {{ own_batch() }} as changed_in
    from chosen

)

select * from graded
