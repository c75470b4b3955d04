{#-
The series of candles that are wanted in each of some minutes of venues: where the history of
the configuration tells, those that it has collected; elsewhere those that the venue answered
for within the day before. What a pattern means is among these, too.
-#}
{% macro series_wanted_sql(minutes, asked, choices, changes) -%}
    with

    hours as (

        select distinct
            exchange_id,
            {{ bucket_start(60, 'minute_at') }} as hour_at
        from {{ minutes }}

    ),

    chosen as materialized (

        select * from {{ choices }}

    ),

    beginnings as materialized (

        {{ config_beginnings_sql(changes) }}

    ),

    candidates as materialized (

        select
            hours.exchange_id,
            hours.hour_at,
            asked.symbol,
            true as is_asked
        from hours
        inner join {{ asked }} as asked
            on
                hours.exchange_id = asked.exchange_id
                and hours.hour_at >= asked.hour_at
                and hours.hour_at < asked.hour_at + interval '1 day'
        union
        select
            hours.exchange_id,
            hours.hour_at,
            chosen.pattern as symbol,
            false as is_asked
        from hours
        inner join chosen
            on hours.exchange_id = chosen.exchange_id
        where strpos(chosen.pattern, '*') = 0

    ),

    series as (

        select distinct
            exchange_id,
            symbol
        from candidates

    ),

    decisions as materialized (

        {{ series_decisions_sql('series', 'chosen', 'beginnings') }}

    )

    select distinct
        minutes.exchange_id,
        minutes.minute_at,
        candidates.symbol
    from {{ minutes }} as minutes
    inner join candidates
        on
            minutes.exchange_id = candidates.exchange_id
            and {{ bucket_start(60, 'minutes.minute_at') }} = candidates.hour_at
    left join decisions
        on
            candidates.exchange_id = decisions.exchange_id
            and candidates.symbol = decisions.symbol
            and minutes.minute_at >= decisions.decided_at
            and minutes.minute_at < coalesce(decisions.until_at, 'infinity')
    where case when decisions.is_known then decisions.is_wanted else candidates.is_asked end
{%- endmacro %}
