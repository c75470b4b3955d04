{{ config(
    unique_key=['exchange_id', 'symbol', 'opened_at'],
    indexes=[
        {'columns': ['exchange_id', 'symbol', 'opened_at'], 'unique': true},
        {'columns': ['changed_in']},
    ],
) }}

{%- set minute = ['exchange_id', 'symbol', 'opened_at_ms'] -%}
{%- set keys = minute | join(', ') %}

with

-- what claimed loads read, and what other versions of the claimed files say, as a new one
-- may take their seal
touched as (

    {{ touched_units(minute, loads={
        ref('stg_exchange__ohlcv'): 'opened_at_ms',
        ref('stg_archive__klines'): 'opened_at_ms',
    }) }}
    union
    select
        siblings.exchange_id,
        siblings.symbol,
        klines.opened_at_ms
    from {{ ref('stg_archive__files') }} as claimed
    inner join {{ ref('stg_archive__files') }} as siblings
        on
            claimed.path = siblings.path
            and claimed.load_id != siblings.load_id
    cross join
        lateral (
            select history.opened_at_ms
            from {{ ref('stg_archive__klines') }} as history
            where history.file_id = siblings.file_id
            order by history.opened_at_ms
            offset 0
        ) as klines
    where
        claimed.load_id = any({{ claimed_loads() }})
        and claimed.status = 'loaded'
        and claimed.feed = 'klines'
        and claimed.timeframe = '1m'
        and siblings.status = 'loaded'

),

answers as (

    select *
    from {{ rows_of(ref('stg_exchange__ohlcv'), minute) }}
    where
        timeframe = '1m'
        and load_id in ({{ finished_loads('bronze_exchange') }})

),

archived as (

    select * from {{ rows_of(ref('int_candles_archived'), minute) }}

),

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

-- readings that agree are one candidate; rows of one request are one reading, and readings
-- at one moment confirm nothing. `latest` orders as text what makes one of them stand for
-- all: seal, clock, source, name
candidates as (

    select
        {{ keys }},
        {{ candle_values() | join(', ') }},
        case
            when bool_or(is_sealing) then 'sealed'
            when
                min(told_by) filter (where is_after_end)
                < max(told_by) filter (where is_after_end)
                and max(venue_now_ms) filter (where is_after_end)
                - min(venue_now_ms) filter (where is_after_end) >= {{ separate_ms() }}
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

    select distinct on ({{ keys }})
        *,
        count(*) filter (where evidence_grade = 'sealed') over (partition by {{ keys }})
            as seals_count
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
        -- verified rows that contradict each other seal nothing
        case when seals_count > 1 then 'closed' else evidence_grade end as evidence_grade,
        rtrim(substr(latest, 17, 7)) as source,
        substr(latest, 24) as reading_id,
        substr(latest, 2, 15)::bigint as venue_now_ms,
        {{ own_batch() }} as changed_in
    from chosen

)

select * from graded
