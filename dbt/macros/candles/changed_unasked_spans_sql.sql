{#-
Of which series minutes that nobody asked for may have changed, and where: spans [from_at,
until_at], both ends included. `changes` are those of the configuration that a run reads,
`accounted` hours; `beginnings` has a row where the configuration has a history.
-#}
{% macro changed_unasked_spans_sql(changes, accounted, beginnings) -%}
    with recursive

    touched_hours as (

        select
            exchange_id,
            symbol,
            hour_at
        from {{ accounted }}
        where
            changed_in = any({{ claimed_batches() }})
            and exists (select 1 from {{ beginnings }})

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
                from {{ accounted }} as hours
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
            from {{ accounted }}
            where
                exists (select 1 from {{ changes }})
                and exists (select 1 from {{ beginnings }})
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
                from {{ accounted }} as hours
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
            min({{ changes }}.decides_from) as from_at
        from known_series
        inner join {{ changes }}
            on
                {{ changes }}.is_of_every_series
                or (
                    known_series.exchange_id = {{ changes }}.exchange_id
                    and (
                        {{ changes }}.pattern is null
                        or known_series.symbol = {{ changes }}.pattern
                        or config.is_meant(known_series.symbol, {{ changes }}.pattern)
                    )
                )
        group by
            known_series.exchange_id,
            known_series.symbol

    )

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
{%- endmacro %}
