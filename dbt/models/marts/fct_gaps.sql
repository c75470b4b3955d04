{{ config(
    unique_key=['exchange_id', 'symbol', 'timeframe', 'started_at'],
    pre_hook="{{ remember_scope(changed_gap_days_sql()) }}",
    meta={
        'scope': ['exchange_id', 'symbol', 'started_date'],
        'lookups': ['int_candles_graded'],
    },
    indexes=[
        {'columns': ['exchange_id', 'symbol', 'cause', 'ended_at']},
        {'columns': ['changed_in']},
    ],
) }}

with

hours as (

    {% if reads_claims_only() -%}
    select account.*
    from {{ claimed_scope() }} as scope
    cross join
        lateral (
            select accounted.*
            from {{ ref('int_minutes_accounted') }} as accounted
            where
                accounted.exchange_id = scope.exchange_id
                and accounted.symbol = scope.symbol
                and accounted.hour_at >= scope.started_date::timestamp at time zone 'UTC'
                and accounted.hour_at
                < (scope.started_date + 1)::timestamp at time zone 'UTC'
            order by accounted.hour_at
            offset 0
        ) as account
    {%- else -%}
    select * from {{ ref('int_minutes_accounted') }}
    {%- endif %}

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

empty_minutes as (

    select
        hours.*,
        minutes.minute_number,
        hours.hour_at + minutes.minute_number * interval '1 minute' as minute_at,
        1::bigint << minutes.minute_number as minute_mask
    from hours
    cross join lateral generate_series(0, 59) as minutes (minute_number)
    where
        (
            (hours.asked_mask | hours.answered_full_mask | hours.answered_sparse_mask)
            & ~hours.candle_mask
        ) != 0
        and (
            (hours.asked_mask | hours.answered_full_mask | hours.answered_sparse_mask)
            & ~hours.candle_mask
            & (1::bigint << minutes.minute_number)
        ) != 0

),

-- an answer outranks a window that ended before it in another page
explained as (

    select
        empty_minutes.exchange_id,
        empty_minutes.symbol,
        empty_minutes.minute_at,
        (empty_minutes.minute_at at time zone 'UTC')::date as started_date,
        case
            when empty_minutes.answered_full_mask & empty_minutes.minute_mask != 0
                then
                    case
                        when empty_minutes.minute_at >= first_candles.first_candle_at
                            then 'missing'
                        else 'not listed'
                    end
            when empty_minutes.answered_sparse_mask & empty_minutes.minute_mask != 0
                then 'quiet, unproven'
            when empty_minutes.beyond_window_mask & empty_minutes.minute_mask != 0
                then 'beyond the venue''s window'
            else 'refused'
        end as cause
    from empty_minutes
    inner join first_candles
        on
            empty_minutes.exchange_id = first_candles.exchange_id
            and empty_minutes.symbol = first_candles.symbol

),

-- neighbouring minutes of one cause and day share the time their island would start at
islands as (

    select
        *,
        minute_at - interval '1 minute' * row_number() over (
            partition by exchange_id, symbol, started_date, cause
            order by minute_at
        ) as island_at
    from explained

),

gaps as (

    select
        exchange_id,
        symbol,
        '1m' as timeframe,
        min(minute_at) as started_at,
        max(minute_at) + interval '1 minute' as ended_at,
        count(*) as minutes_count,
        cause,
        started_date,
        {{ own_batch() }} as changed_in
    from islands
    group by
        exchange_id,
        symbol,
        started_date,
        cause,
        island_at

)

select * from gaps
