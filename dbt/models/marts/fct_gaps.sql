{%- set day = ['exchange_id', 'symbol', 'started_date'] -%}
{{ config(
    unique_key=['exchange_id', 'symbol', 'timeframe', 'started_at', 'after_trade_id'],
    pre_hook="{{ remember_scope(changed_gap_days_sql(
        hours=ref('int_minutes_accounted'),
        unasked_hours=ref('int_minutes_unasked'),
        traded_minutes=ref('int_candles_rebuilt'),
        answered_hours=ref('int_trades_answered'),
        candles=ref('int_candles_graded'),
        lives=ref('int_instruments_dated'),
    )) }}",
    meta={'unit_of_work': day, 'loses_rows': true, 'lookups': ['int_candles_graded', 'int_minutes_silent', 'int_minutes_left_out']},
    indexes=[
        {'columns': ['exchange_id', 'symbol', 'cause', 'ended_at']},
        {'columns': ['changed_in']},
    ],
) }}

{%- set uncovered_mask -%}
    (
        hours.proven_mask | {{ asked_or_held_mask('hours') }}
    )
    & ~hours.candle_mask
{%- endset %}

with

hours as (

    select * from {{ rows_of(ref('int_minutes_accounted'), day, at='hour_at') }}

),

silences as (

    select * from {{ rows_of(ref('int_minutes_silent'), day, at='hour_at') }}

),

left_out as (

    select * from {{ rows_of(ref('int_minutes_left_out'), day, at='hour_at') }}

),

unasked_hours as (

    select * from {{ rows_of(ref('int_minutes_unasked'), day, at='hour_at') }}

),

traded_minutes as (

    select * from {{ rows_of(ref('int_candles_rebuilt'), day, at='opened_at') }}

),

first_candles as (

    select
        series.exchange_id,
        series.symbol,
        firsts.first_candle_at
    from (select distinct
        exchange_id,
        symbol
    from hours) as series
    cross join lateral (
        select min(candles.opened_at) as first_candle_at
        from {{ ref('int_candles_graded') }} as candles
        where
            candles.exchange_id = series.exchange_id
            and candles.symbol = series.symbol
    ) as firsts

),

lives as materialized (

    select
        lives.*,
        lives.listed_by = 'first seen' as was_listed_before,
        halts.halted_during
    from {{ ref('int_instruments_dated') }} as lives
    cross join
        lateral (
            select range_agg(tstzrange(told."from", told.until)) as halted_during
            from jsonb_to_recordset(lives.halts) as told ("from" timestamptz, until timestamptz)
        ) as halts

),

empty_minutes as (

    select
        hours.*,
        coalesce(silences.silent_mask, 0) as silent_mask,
        coalesce(left_out.told_twice_mask, 0) as told_twice_mask,
        minutes.minute_number,
        hours.hour_at + minutes.minute_number * interval '1 minute' as minute_at,
        1::bigint << minutes.minute_number as minute_mask
    from hours
    left join silences
        on
            hours.exchange_id = silences.exchange_id
            and hours.symbol = silences.symbol
            and hours.hour_at = silences.hour_at
    left join left_out
        on
            hours.exchange_id = left_out.exchange_id
            and hours.symbol = left_out.symbol
            and hours.hour_at = left_out.hour_at
    cross join lateral generate_series(0, 59) as minutes (minute_number)
    where
        ({{ uncovered_mask }}) != 0
        and ({{ uncovered_mask }} & (1::bigint << minutes.minute_number)) != 0

),

-- a proof outranks an answer, and that a window that ended before it in another page
explained as (

    select
        empty_minutes.exchange_id,
        empty_minutes.symbol,
        empty_minutes.minute_at,
        (empty_minutes.minute_at at time zone 'UTC')::date as started_date,
        case
            when empty_minutes.proven_mask & empty_minutes.minute_mask != 0
                then 'proven no trades'
            when
                empty_minutes.minute_at < lives.listed_at
                and not lives.was_listed_before
                and not coalesce(empty_minutes.minute_at >= first_candles.first_candle_at, false)
                then 'not listed'
            when empty_minutes.minute_at >= lives.delisted_at then 'delisted'
            when empty_minutes.minute_at <@ lives.halted_during then 'halted'
            when empty_minutes.answered_full_mask & empty_minutes.minute_mask != 0
                then
                    case
                        when empty_minutes.minute_at >= first_candles.first_candle_at
                            then 'missing'
                        else 'not listed'
                    end
            when empty_minutes.silent_mask & empty_minutes.minute_mask != 0
                then 'silent, unproven'
            when
                empty_minutes.answered_sparse_mask & empty_minutes.told_twice_mask
                & empty_minutes.minute_mask != 0
                then 'quiet, unproven'
            when empty_minutes.answered_sparse_mask & empty_minutes.minute_mask != 0
                then 'left out once, unproven'
            when empty_minutes.beyond_window_mask & empty_minutes.minute_mask != 0
                then 'beyond the venue''s window'
            when empty_minutes.file_missing_mask & empty_minutes.minute_mask != 0
                then 'file missing'
            else 'refused'
        end as cause
    from empty_minutes
    inner join first_candles
        on
            empty_minutes.exchange_id = first_candles.exchange_id
            and empty_minutes.symbol = first_candles.symbol
    left join lives
        on
            empty_minutes.exchange_id = lives.exchange_id
            and empty_minutes.symbol = lives.symbol

),

unasked_masks as (

    select
        unasked_hours.exchange_id,
        unasked_hours.symbol,
        unasked_hours.hour_at,
        {{ still_unasked_mask('unasked_hours.not_configured_mask', 'hours') }}
            as not_configured_mask,
        {{ still_unasked_mask('unasked_hours.our_fault_mask', 'hours') }} as our_fault_mask
    from unasked_hours
    left join hours
        on
            unasked_hours.exchange_id = hours.exchange_id
            and unasked_hours.symbol = hours.symbol
            and unasked_hours.hour_at = hours.hour_at
    where (unasked_hours.not_configured_mask | unasked_hours.our_fault_mask) != 0

),

unasked_minutes as (

    select
        unasked_masks.exchange_id,
        unasked_masks.symbol,
        unasked_masks.hour_at + minutes.minute_number * interval '1 minute' as minute_at,
        (unasked_masks.hour_at at time zone 'UTC')::date as started_date,
        case
            when unasked_masks.our_fault_mask & (1::bigint << minutes.minute_number) != 0
                then 'our fault'
            else 'not configured'
        end as cause
    from unasked_masks
    cross join lateral generate_series(0, 59) as minutes (minute_number)
    where
        (unasked_masks.not_configured_mask | unasked_masks.our_fault_mask)
        & (1::bigint << minutes.minute_number) != 0

),

caused as (

    select * from explained
    union all
    select * from unasked_minutes

),

-- neighbouring minutes of one cause and day share the time their island would start at
islands as (

    select
        *,
        minute_at - interval '1 minute' * row_number() over (
            partition by exchange_id, symbol, started_date, cause
            order by minute_at
        ) as island_at
    from caused

),

holes as (

    select
        exchange_id,
        symbol,
        '1m' as timeframe,
        min(minute_at) as started_at,
        max(minute_at) + interval '1 minute' as ended_at,
        count(*) as minutes_count,
        0::bigint as trades_missing_count,
        0::bigint as after_trade_id,
        cause,
        started_date
    from islands
    group by
        exchange_id,
        symbol,
        started_date,
        cause,
        island_at

),

-- ids that are missing between two trades: within a minute, and up to the next traded one
breaks as (

    select
        traded_minutes.exchange_id,
        traded_minutes.symbol,
        (inside.ids_and_times ->> 0)::bigint as id_before,
        (inside.ids_and_times ->> 1)::bigint as ns_before,
        (inside.ids_and_times ->> 2)::bigint as id_after,
        (inside.ids_and_times ->> 3)::bigint as ns_after,
        0 as untold_count
    from traded_minutes
    cross join lateral jsonb_array_elements(traded_minutes.breaks) as inside (ids_and_times)
    union all
    select
        traded_minutes.exchange_id,
        traded_minutes.symbol,
        traded_minutes.last_trade_id,
        traded_minutes.last_traded_at_ns,
        traded_minutes.next_first_trade_id,
        traded_minutes.next_traded_at_ns,
        extract(epoch from traded_minutes.next_opened_at - traded_minutes.opened_at) / 60
        - 1 - told.minutes_count as untold_count
    from traded_minutes
    cross join
        lateral (
            select
                coalesce(
                    sum(bit_count({{ told_between_mask('answered', 'traded_minutes') }}::bit(64))),
                    0
                ) as minutes_count
            from {{ ref('int_trades_answered') }} as answered
            where
                answered.exchange_id = traded_minutes.exchange_id
                and answered.symbol = traded_minutes.symbol
                and answered.hour_at > traded_minutes.opened_at - interval '1 hour'
                and answered.hour_at < traded_minutes.next_opened_at
        ) as told
    where traded_minutes.next_first_trade_id > traded_minutes.last_trade_id + 1

),

-- where no answer told of some minute in between, trades were not lost but never loaded
missing_trades as (

    select
        exchange_id,
        symbol,
        'trades' as timeframe,
        {{ time_of_ns('ns_before') }} as started_at,
        {{ time_of_ns('greatest(ns_before, ns_after)') }} as ended_at,
        0::bigint as minutes_count,
        id_after - id_before - 1 as trades_missing_count,
        id_before as after_trade_id,
        case when untold_count > 0 then 'trades not loaded' else 'trades lost' end as cause,
        ({{ time_of_ns('ns_before') }} at time zone 'UTC')::date as started_date
    from breaks

),

gaps as (

    select
        *,
        {{ own_batch() }} as changed_in
    from holes
    union all
    select
        *,
        {{ own_batch() }} as changed_in
    from missing_trades

)

select * from gaps
