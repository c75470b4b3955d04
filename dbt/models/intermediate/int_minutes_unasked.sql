{{ config(
    unique_key=['exchange_id', 'symbol', 'hour_at'],
    indexes=[
        {'columns': ['exchange_id', 'symbol', 'hour_at'], 'unique': true},
        {'columns': ['changed_in']},
    ],
) }}

with

changes as (

    select * from {{ ref('int_config_changes_timed') }}

),

choices as materialized (

    select * from {{ ref('int_config_choices') }}

),

beginnings as materialized (

    {{ config_beginnings_sql('changes') }}

),

claimed_changes as materialized (

    select *
    from changes
    {%- if reads_claims_only() %}
    where load_id = any({{ claimed_loads() }})
    {%- endif %}

),

scopes as materialized (

    {{ changed_unasked_spans_sql(
        'claimed_changes', ref('int_minutes_accounted'), 'beginnings'
    ) }}

),

series as (

    select distinct
        exchange_id,
        symbol
    from scopes

),

-- from the first to the last minute that was asked for or is held; `ended_at` is exclusive
lives as materialized (

    select
        series.exchange_id,
        series.symbol,
        earliest.hour_at
        + interval '1 minute'
        * (position('1' in reverse(earliest.minutes_mask::bit(64)::text)) - 1) as begun_at,
        latest.hour_at
        + interval '1 minute' * (65 - position('1' in latest.minutes_mask::bit(64)::text))
            as ended_at
    from series
    {% for name, direction in [('earliest', 'asc'), ('latest', 'desc')] -%}
    cross join
        lateral (
            select
                hours.hour_at,
                {{ asked_or_held_mask('hours') }} as minutes_mask
            from {{ ref('int_minutes_accounted') }} as hours
            where
                hours.exchange_id = series.exchange_id
                and hours.symbol = series.symbol
                and {{ asked_or_held_mask('hours') }} != 0
            order by hours.hour_at {{ direction }}
            limit 1
        ) as {{ name }}
    {% endfor %}
),

hours as materialized (

    select distinct
        lives.exchange_id,
        lives.symbol,
        grid.hour_at
    from scopes
    inner join lives
        on
            scopes.exchange_id = lives.exchange_id
            and scopes.symbol = lives.symbol
    cross join beginnings
    cross join
        lateral generate_series(
            {{ bucket_start(
                60, 'greatest(scopes.from_at, lives.begun_at, beginnings.heard_from)'
            ) }},
            least(scopes.until_at, lives.ended_at - interval '1 minute'),
            interval '1 hour'
        ) as grid (hour_at)

),

bounds as (

    select
        exchange_id,
        symbol,
        min(hour_at) as first_hour_at,
        max(hour_at) as last_hour_at
    from hours
    group by
        exchange_id,
        symbol

),

decisions as (

    {{ series_decisions_sql('bounds', 'choices', 'beginnings') }}

),

-- a minute counts by the least that was known, and then wanted, during any of it
decided_hours as (

    select
        bounds.exchange_id,
        bounds.symbol,
        grid.hour_at,
        decisions.is_known,
        {{ touched_mask(
            'grid.hour_at',
            'greatest(decisions.decided_at, grid.hour_at)',
            "least(decisions.until_at, grid.hour_at + interval '1 hour')",
        ) }} as minutes_mask
    from decisions
    inner join bounds
        on
            decisions.exchange_id = bounds.exchange_id
            and decisions.symbol = bounds.symbol
    cross join
        lateral generate_series(
            {{ bucket_start(60, 'greatest(decisions.decided_at, bounds.first_hour_at)') }},
            least(decisions.until_at - interval '1 microsecond', bounds.last_hour_at),
            interval '1 hour'
        ) as grid (hour_at)
    where not (decisions.is_known and decisions.is_wanted)

),

decided_masks as (

    select
        exchange_id,
        symbol,
        hour_at,
        coalesce(bit_or(minutes_mask) filter (where not is_known), 0) as unknown_mask,
        coalesce(bit_or(minutes_mask) filter (where is_known), 0) as unwanted_mask
    from decided_hours
    group by
        exchange_id,
        symbol,
        hour_at

),

unasked_hours as (

    select
        hours.exchange_id,
        hours.symbol,
        hours.hour_at,
        {{ minutes_mask(
            epoch_ms('hours.hour_at'), epoch_ms('lives.begun_at'), epoch_ms('lives.ended_at')
        ) }}
        & ~coalesce(account.spoken_for_mask, 0)
        & ~coalesce(decided_masks.unknown_mask, 0) as unasked_mask,
        coalesce(decided_masks.unwanted_mask, 0) as unwanted_mask
    from hours
    inner join lives
        on
            hours.exchange_id = lives.exchange_id
            and hours.symbol = lives.symbol
    left join decided_masks
        on
            hours.exchange_id = decided_masks.exchange_id
            and hours.symbol = decided_masks.symbol
            and hours.hour_at = decided_masks.hour_at
    left join
        lateral (
            select {{ asked_or_held_mask('accounted') }} | accounted.proven_mask as spoken_for_mask
            from {{ ref('int_minutes_accounted') }} as accounted
            where
                accounted.exchange_id = hours.exchange_id
                and accounted.symbol = hours.symbol
                and accounted.hour_at = hours.hour_at
        ) as account
        on true

),

unasked as (

    select
        exchange_id,
        symbol,
        hour_at,
        unasked_mask & unwanted_mask as not_configured_mask,
        unasked_mask & ~unwanted_mask as our_fault_mask,
        {{ own_batch() }} as changed_in
    from unasked_hours

)

select * from unasked
