{{ config(
    unique_key=['exchange_id', 'symbol', 'hour_at'],
    indexes=[
        {'columns': ['exchange_id', 'symbol', 'hour_at'], 'unique': true},
        {'columns': ['changed_in']},
    ],
) }}

{%- set hour = ['exchange_id', 'symbol', 'hour_at'] %}

with

{% if reads_claims_only() -%}
touched as (

    {{ touched_units(hour, batches={
        ref('int_minutes_answered'): 'hour_at',
        ref('int_candles_chosen'): 'opened_at',
    }) }}

),

-- an hour decides on the silence that it lies in, and on those after the candles by which
-- it says what the series is used to
reaches as (

    select
        touched.exchange_id,
        touched.symbol,
        {{ bucket_start(60, 'coalesce(befores.opened_at, touched.hour_at)') }} as first_hour_at,
        coalesce({{ bucket_end(60, 'afters.opened_at') }}, timestamptz 'infinity')
            as last_hour_at
    from touched
    left join
        lateral (
            select candles.opened_at
            from {{ ref('int_candles_chosen') }} as candles
            where
                candles.exchange_id = touched.exchange_id
                and candles.symbol = touched.symbol
                and candles.opened_at < touched.hour_at
            order by candles.opened_at desc
            limit 1
        ) as befores
        on true
    left join
        lateral (
            select {{ bucket_start(60, 'candles.opened_at') }} as opened_at
            from {{ ref('int_candles_chosen') }} as candles
            where
                candles.exchange_id = touched.exchange_id
                and candles.symbol = touched.symbol
                and candles.opened_at >= touched.hour_at + interval '1 hour'
            order by candles.opened_at
            limit
                1
                offset {{ silence_candles() | trim | int + 1 }}
        ) as afters
        on true
    where exists (
        select 1
        from {{ ref('int_minutes_answered') }} as hours
        where
            hours.exchange_id = touched.exchange_id
            and hours.symbol = touched.symbol
            and hours.answered_sparse_mask != 0
    )

),

-- one span of hours a series: it is read once, with the candles on both sides of it
spans as (

    select
        exchange_id,
        symbol,
        min(first_hour_at) as first_hour_at,
        max(last_hour_at) as last_hour_at
    from reaches
    group by
        exchange_id,
        symbol

),

scopes as materialized (

    select
        spans.*,
        coalesce(
            (
                select max(candles.opened_at)
                from {{ ref('int_candles_chosen') }} as candles
                where
                    candles.exchange_id = spans.exchange_id
                    and candles.symbol = spans.symbol
                    and candles.opened_at < spans.first_hour_at
            ),
            spans.first_hour_at
        ) as from_at,
        coalesce(
            (
                select min(candles.opened_at)
                from {{ ref('int_candles_chosen') }} as candles
                where
                    candles.exchange_id = spans.exchange_id
                    and candles.symbol = spans.symbol
                    and candles.opened_at >= spans.last_hour_at
            ),
            timestamptz 'infinity'
        ) as until_at
    from spans

),
{%- else -%}
scopes as materialized (

    select distinct
        exchange_id,
        symbol,
        timestamptz '-infinity' as first_hour_at,
        timestamptz 'infinity' as last_hour_at,
        timestamptz '-infinity' as from_at,
        timestamptz 'infinity' as until_at
    from {{ ref('int_minutes_answered') }}
    where answered_sparse_mask != 0

),
{%- endif %}

hours as materialized (

    select
        hours.exchange_id,
        hours.symbol,
        hours.hour_at,
        hours.answered_sparse_mask
    from scopes
    cross join
        lateral (
            select found.*
            from {{ ref('int_minutes_answered') }} as found
            where
                found.exchange_id = scopes.exchange_id
                and found.symbol = scopes.symbol
                and found.hour_at >= scopes.first_hour_at
                and found.hour_at < scopes.last_hour_at
            order by found.hour_at
            offset 0
        ) as hours
    where hours.answered_sparse_mask != 0

),

-- until when a series is answered for: its last silence ends there
ends as (

    select
        exchange_id,
        symbol,
        max(
            hour_at
            + interval '1 minute' * (65 - position('1' in answered_sparse_mask::bit(64)::text))
        ) as answered_until
    from hours
    group by
        exchange_id,
        symbol

),

candles as (

    select
        candles.exchange_id,
        candles.symbol,
        candles.opened_at,
        scopes.until_at,
        lead(candles.opened_at) over (
            partition by candles.exchange_id, candles.symbol
            order by candles.opened_at
        ) as next_opened_at
    from scopes
    cross join
        lateral (
            select found.*
            from {{ ref('int_candles_chosen') }} as found
            where
                found.exchange_id = scopes.exchange_id
                and found.symbol = scopes.symbol
                and found.opened_at >= scopes.from_at
                and found.opened_at <= scopes.until_at
            order by found.opened_at
            offset 0
        ) as candles

),

silences as (

    select
        candles.exchange_id,
        candles.symbol,
        candles.opened_at,
        candles.opened_at + interval '1 minute' as started_at,
        coalesce(candles.next_opened_at, ends.answered_until) as ended_at
    from candles
    inner join ends
        on
            candles.exchange_id = ends.exchange_id
            and candles.symbol = ends.symbol
    where
        candles.opened_at < candles.until_at
        and coalesce(candles.next_opened_at, ends.answered_until) - candles.opened_at
        > interval '1 minute' * {{ silence_times() }}

),

used_to as (

    select
        silences.exchange_id,
        silences.symbol,
        silences.opened_at,
        silences.started_at,
        silences.ended_at,
        count(*) as candles_count,
        min(befores.opened_at) as since_at
    from silences
    cross join
        lateral (
            select candles.opened_at
            from {{ ref('int_candles_chosen') }} as candles
            where
                candles.exchange_id = silences.exchange_id
                and candles.symbol = silences.symbol
                and candles.opened_at <= silences.opened_at
            order by candles.opened_at desc
            limit {{ silence_candles() | trim | int + 1 }}
        ) as befores
    group by
        silences.exchange_id,
        silences.symbol,
        silences.opened_at,
        silences.started_at,
        silences.ended_at

),

unusual as (

    select *
    from used_to
    where
        candles_count > {{ silence_candles() }} / 10
        and (ended_at - started_at) * (candles_count - 1)
        > (opened_at - since_at) * {{ silence_times() }}

),

masks as (

    select
        unusual.exchange_id,
        unusual.symbol,
        grid.hour_at,
        bit_or({{ touched_mask(
            'grid.hour_at',
            'greatest(unusual.started_at, grid.hour_at)',
            "least(unusual.ended_at, grid.hour_at + interval '1 hour')",
        ) }}) as silent_mask
    from unusual
    cross join
        lateral generate_series(
            {{ bucket_start(60, 'unusual.started_at') }},
            unusual.ended_at - interval '1 minute',
            interval '1 hour'
        ) as grid (hour_at)
    group by
        unusual.exchange_id,
        unusual.symbol,
        grid.hour_at

),

silent as (

    select
        hours.exchange_id,
        hours.symbol,
        hours.hour_at,
        coalesce(masks.silent_mask, 0) & hours.answered_sparse_mask as silent_mask,
        {{ own_batch() }} as changed_in
    from hours
    left join masks
        on
            hours.exchange_id = masks.exchange_id
            and hours.symbol = masks.symbol
            and hours.hour_at = masks.hour_at

)

select * from silent
