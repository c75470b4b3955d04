{{ config(
    unique_key=['exchange_id', 'symbol', 'hour_at'],
    indexes=[
        {'columns': ['exchange_id', 'symbol', 'hour_at'], 'unique': true},
        {'columns': ['changed_in']},
    ],
) }}

with

pages as (

    select *
    from {{ ref('stg_exchange__ohlcv_pages') }}
    where
        timeframe = '1m'
        and not is_sending_quiet_minutes
        and rows_count < (answered_until_ms - answered_from_ms) / 60000
        and {{ loads_to_read('bronze_exchange') }}

),

news as (

    select
        pages.exchange_id,
        pages.symbol,
        to_timestamp(hours.hour_ms / 1000) as hour_at,
        pages.venue_now_ms,
        {{ minutes_mask('hours.hour_ms', 'pages.answered_from_ms', 'pages.answered_until_ms') }}
            as answered_mask
    from pages
    cross join lateral generate_series(
        pages.answered_from_ms / 3600000 * 3600000,
        pages.answered_until_ms - 1,
        3600000
    ) as hours (hour_ms)

),

touched as (

    select distinct
        exchange_id,
        symbol,
        hour_at
    from news

),

stored as (

    {% if reads_claims_only() -%}
    select found.*
    from touched
    cross join
        lateral (
            select this_table.*
            from {{ this }} as this_table
            where
                this_table.exchange_id = touched.exchange_id
                and this_table.symbol = touched.symbol
                and this_table.hour_at = touched.hour_at
            order by this_table.hour_at
            offset 0
        ) as found
    {%- else -%}
    select
        exchange_id,
        symbol,
        hour_at,
        0::bigint as told_twice_mask,
        '[]'::jsonb as open_tellings
    from touched
    where false
    {%- endif %}

),

tellings as (

    select * from news
    union all
    select
        stored.exchange_id,
        stored.symbol,
        stored.hour_at,
        (open_tellings.clock_and_mask ->> 0)::bigint as venue_now_ms,
        (open_tellings.clock_and_mask ->> 1)::bigint as answered_mask
    from stored
    cross join
        lateral jsonb_array_elements(stored.open_tellings) as open_tellings (clock_and_mask)

),

by_clock as (

    select
        exchange_id,
        symbol,
        hour_at,
        venue_now_ms,
        bit_or(answered_mask) as answered_mask
    from tellings
    group by
        exchange_id,
        symbol,
        hour_at,
        venue_now_ms

),

-- what is told again, so much later that it counts as a reading of its own
told_later as (

    select
        *,
        coalesce(
            bit_or(answered_mask) over (
                partition by exchange_id, symbol, hour_at
                order by venue_now_ms desc
                range between unbounded preceding and {{ separate_ms() }} preceding
            ),
            0
        ) as later_mask
    from by_clock

),

told_twice as (

    select
        told_later.exchange_id,
        told_later.symbol,
        told_later.hour_at,
        bit_or(told_later.answered_mask & told_later.later_mask)
        | coalesce(max(stored.told_twice_mask), 0) as told_twice_mask
    from told_later
    left join stored
        on
            told_later.exchange_id = stored.exchange_id
            and told_later.symbol = stored.symbol
            and told_later.hour_at = stored.hour_at
    group by
        told_later.exchange_id,
        told_later.symbol,
        told_later.hour_at

),

still_open as (

    select
        by_clock.exchange_id,
        by_clock.symbol,
        by_clock.hour_at,
        by_clock.venue_now_ms,
        told_twice.told_twice_mask,
        by_clock.answered_mask & ~told_twice.told_twice_mask as open_mask
    from by_clock
    inner join told_twice
        on
            by_clock.exchange_id = told_twice.exchange_id
            and by_clock.symbol = told_twice.symbol
            and by_clock.hour_at = told_twice.hour_at

),

left_out as (

    select
        exchange_id,
        symbol,
        hour_at,
        told_twice_mask,
        coalesce(
            jsonb_agg(jsonb_build_array(venue_now_ms, open_mask) order by venue_now_ms)
            filter (where open_mask != 0),
            '[]'
        ) as open_tellings,
        {{ own_batch() }} as changed_in
    from still_open
    group by
        exchange_id,
        symbol,
        hour_at,
        told_twice_mask

)

select * from left_out
