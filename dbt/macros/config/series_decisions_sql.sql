{#-
What was decided of each of some series: spans [decided_at, until_at) in which no row of the
configuration that speaks of it changed, whether that is known, and whether its candles were
to be collected, by the rules of config.instrument_choices(). `choices` and `beginnings` are
relations as of `int_config_choices` and `config_beginnings_sql`.
-#}
{% macro series_decisions_sql(series, choices, beginnings) -%}
    with

    said as (

        {{ series_choices_sql(series, choices) }}

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
            series.exchange_id,
            series.symbol,
            moments.decided_at
        from {{ series }} as series
        cross join {{ beginnings }} as beginnings
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

    )

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
    cross join {{ beginnings }} as beginnings
    left join standing
        on
            moments.exchange_id = standing.exchange_id
            and moments.symbol = standing.symbol
            and moments.decided_at = standing.decided_at
{%- endmacro %}
