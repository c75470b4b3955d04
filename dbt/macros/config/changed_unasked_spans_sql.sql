{#-
Where the hours of int_minutes_unasked may have changed by the batches that a run claims:
spans [from_at, until_at] of a series, both ends included. It reads the CTEs `changes`
(int_config_changes_timed) and `beginnings` (no row: there is no history to go by). A
change of the configuration decides anew of the series that it speaks of, from then on.
-#}
{% macro changed_unasked_spans_sql() -%}
    with recursive

    claimed_changes as materialized (

        select *
        from changes
        where load_id = any({{ claimed_loads() }})

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

    scopes as (

        select
            exchange_id,
            symbol,
            from_hour_at as from_at,
            until_hour_at as until_at
        from reaches
        union all
        select
            exchange_id,
            symbol,
            from_at,
            'infinity' as until_at
        from decided_anew

    )

    select * from scopes
{%- endmacro %}
