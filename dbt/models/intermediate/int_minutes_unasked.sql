{{ config(
    unique_key=['exchange_id', 'symbol', 'hour_at'],
    indexes=[
        {'columns': ['exchange_id', 'symbol', 'hour_at'], 'unique': true},
        {'columns': ['changed_in']},
    ],
) }}

with recursive

changes as (

    select * from {{ ref('int_config_changes_timed') }}

),

choices as materialized (

    select * from {{ ref('int_config_choices') }}

),

-- no row where either table has no history; what a first snapshot found standing is
-- known from its last row on
beginnings as materialized (

    select
        min(known_at) as heard_from,
        max(known_at) filter (where is_first) as known_from
    from changes
    having count(distinct table_name) = 2

),

claimed_changes as materialized (

    select *
    from changes
    {%- if reads_claims_only() %}
    where load_id = any({{ claimed_loads() }})
    {%- endif %}

),

touched_hours as (

    select
        exchange_id,
        symbol,
        hour_at
    from {{ ref('int_minutes_accounted') }}
    where
        changed_in = any({{ claimed_batches() }})
        and exists (select 1 from beginnings)

),

-- an hour that was asked for puts all minutes up to its neighbours inside the life
reaches as (

    select
        touched_hours.exchange_id,
        touched_hours.symbol,
        coalesce(earlier.hour_at, touched_hours.hour_at) as from_hour_at,
        coalesce(later.hour_at, touched_hours.hour_at) as until_hour_at
    from touched_hours
    {% for name, sign, direction in [('earlier', '<', 'desc'), ('later', '>', 'asc')] -%}
    left join
        lateral (
            select hours.hour_at
            from {{ ref('int_minutes_accounted') }} as hours
            where
                hours.exchange_id = touched_hours.exchange_id
                and hours.symbol = touched_hours.symbol
                and hours.hour_at {{ sign }} touched_hours.hour_at
                and {{ asked_or_held_mask('hours') }} != 0
            order by hours.hour_at {{ direction }}
            limit 1
        ) as {{ name }}
        on true
    {% endfor %}
),

-- every series, by one look-up each
known_series as (

    (
        select
            exchange_id,
            symbol
        from {{ ref('int_minutes_accounted') }}
        where
            exists (select 1 from claimed_changes)
            and exists (select 1 from beginnings)
        order by
            exchange_id,
            symbol
        limit 1
    )
    union all
    select
        next_series.exchange_id,
        next_series.symbol
    from known_series
    cross join
        lateral (
            select
                hours.exchange_id,
                hours.symbol
            from {{ ref('int_minutes_accounted') }} as hours
            where
                (hours.exchange_id, hours.symbol)
                > (known_series.exchange_id, known_series.symbol)
            order by
                hours.exchange_id,
                hours.symbol
            limit 1
        ) as next_series

),

decided_anew as (

    select
        known_series.exchange_id,
        known_series.symbol,
        min(claimed_changes.decides_from) as from_at
    from known_series
    inner join claimed_changes
        on
            claimed_changes.is_of_every_series
            or (
                known_series.exchange_id = claimed_changes.exchange_id
                and (
                    claimed_changes.pattern is null
                    or known_series.symbol = claimed_changes.pattern
                    or config.is_meant(known_series.symbol, claimed_changes.pattern)
                )
            )
    group by
        known_series.exchange_id,
        known_series.symbol

),

-- where hours may have changed: spans [from_at, until_at] of a series, both ends included
scopes as materialized (

    select
        exchange_id,
        symbol,
        from_at,
        timestamptz 'infinity' as until_at
    from decided_anew
    union all
    select
        exchange_id,
        symbol,
        from_hour_at as from_at,
        until_hour_at as until_at
    from reaches
    where {{ reads_claims_only() | lower }}

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

-- while config.exchanges has no row, nobody has chosen
standing_counts as (

    select
        ends.changed_at,
        sum(sum(ends.difference)) over (order by ends.changed_at) as exchanges_count
    from choices
    cross join
        lateral (
            values (choices.valid_from, 1), (choices.valid_to, -1)
        ) as ends (changed_at, difference)
    where
        choices.pattern is null
        and ends.changed_at is not null
    group by ends.changed_at

),

somebodys as (

    select
        changed_at as valid_from,
        lead(changed_at) over (order by changed_at) as valid_to,
        exchanges_count > 0 as is_wanted
    from standing_counts

),

-- what has a say on a series: whether anybody has chosen, its exchange, its own row,
-- and each pattern
said as (

    select
        bounds.exchange_id,
        bounds.symbol,
        'anybody' as speaker,
        null as pattern,
        somebodys.valid_from,
        somebodys.valid_to,
        somebodys.is_wanted,
        null::timestamptz as since_at,
        false as is_of_market_type
    from bounds
    cross join somebodys
    union all
    select
        bounds.exchange_id,
        bounds.symbol,
        case
            when choices.pattern is null then 'exchange'
            when choices.pattern = bounds.symbol then 'instrument'
            else 'pattern'
        end as speaker,
        choices.pattern,
        choices.valid_from,
        choices.valid_to,
        choices.is_wanted,
        choices.since_at,
        config.market_type_of(bounds.symbol) = any(choices.market_types) as is_of_market_type
    from bounds
    inner join choices
        on
            bounds.exchange_id = choices.exchange_id
            and (
                choices.pattern is null
                or bounds.symbol = choices.pattern
                or (
                    strpos(choices.pattern, '*') > 0
                    and config.is_meant(bounds.symbol, choices.pattern)
                )
            )

),

speakers as (

    select distinct
        exchange_id,
        symbol,
        speaker,
        pattern
    from said

),

moments as (

    select
        bounds.exchange_id,
        bounds.symbol,
        moments.decided_at
    from bounds
    cross join beginnings
    cross join
        lateral (
            values (timestamptz 'epoch'), (beginnings.known_from)
        ) as moments (decided_at)
    union
    select
        said.exchange_id,
        said.symbol,
        ends.decided_at
    from said
    cross join
        lateral (
            values (said.valid_from), (said.valid_to), (said.since_at)
        ) as ends (decided_at)
    where ends.decided_at is not null

),

-- of each speaker the span that began last is the only one that can hold at a moment
heard as (

    select
        moments.exchange_id,
        moments.symbol,
        moments.decided_at,
        speakers.speaker,
        speakers.pattern,
        said.valid_to,
        said.is_wanted,
        said.since_at,
        said.is_of_market_type,
        count(said.valid_from) over (
            partition by
                moments.exchange_id, moments.symbol, speakers.speaker, speakers.pattern
            order by moments.decided_at
        ) as span_number
    from moments
    inner join speakers
        on
            moments.exchange_id = speakers.exchange_id
            and moments.symbol = speakers.symbol
    left join said
        on
            speakers.exchange_id = said.exchange_id
            and speakers.symbol = said.symbol
            and speakers.speaker = said.speaker
            and coalesce(speakers.pattern, '') = coalesce(said.pattern, '')
            and moments.decided_at = said.valid_from

),

spans_at as (

    select
        exchange_id,
        symbol,
        decided_at,
        speaker,
        pattern,
        first_value(valid_to) over span as valid_to,
        first_value(is_wanted) over span as is_wanted,
        first_value(since_at) over span as since_at,
        first_value(is_of_market_type) over span as is_of_market_type
    from heard
    where span_number > 0
    window
        span as (
            partition by exchange_id, symbol, speaker, pattern, span_number
            order by decided_at
        )

),

standing as (

    select
        exchange_id,
        symbol,
        decided_at,
        bool_or(is_wanted) filter (where speaker = 'anybody') as is_chosen,
        bool_or(is_wanted) filter (where speaker = 'exchange') as is_exchange_wanted,
        bool_or(is_of_market_type) filter (where speaker = 'exchange') as is_of_market_type,
        bool_or(is_wanted and coalesce(since_at <= decided_at, true))
        filter (where speaker = 'instrument') as is_instrument_wanted,
        (
            array_agg(
                is_wanted and coalesce(since_at <= decided_at, true)
                order by length(pattern) desc, pattern
            ) filter (where speaker = 'pattern')
        )[1] as is_pattern_wanted
    from spans_at
    where
        valid_to is null
        or valid_to > decided_at
    group by
        exchange_id,
        symbol,
        decided_at

),

-- what was decided of each series: a span [decided_at, until_at) in which no row of the
-- configuration that speaks of it changed, by the rules of config.instrument_choices()
decisions as (

    select
        moments.exchange_id,
        moments.symbol,
        moments.decided_at,
        lead(moments.decided_at) over (
            partition by moments.exchange_id, moments.symbol
            order by moments.decided_at
        ) as until_at,
        moments.decided_at >= beginnings.known_from
        and coalesce(standing.is_chosen, false) as is_known,
        coalesce(standing.is_exchange_wanted, false)
        and coalesce(
            standing.is_instrument_wanted,
            standing.is_of_market_type and standing.is_pattern_wanted,
            false
        ) as is_wanted
    from moments
    cross join beginnings
    left join standing
        on
            moments.exchange_id = standing.exchange_id
            and moments.symbol = standing.symbol
            and moments.decided_at = standing.decided_at

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
