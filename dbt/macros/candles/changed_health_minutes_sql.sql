{#-
The minutes of venues whose health to compute again: where requests were sent, for as long
as a pause or an open circuit held, for a day after a series was asked for, from a candle's
arrival until a later one of its series had come, and from a change of the configuration on.
-#}
{% macro changed_health_minutes_sql(requests, events, asked, candles, changes) -%}
    with

    -- of what came in one minute the newest candle says how old the series was
    arrived as (

        select
            exchange_id,
            symbol,
            {{ bucket_start(1, 'received_at') }} as minute_at,
            max(opened_at_ms) as opened_at_ms
        from {{ candles }}
        where
            load_id = any({{ claimed_loads() }})
            and is_after_end
        group by
            exchange_id,
            symbol,
            {{ bucket_start(1, 'received_at') }}

    ),

    reaches as (

        select
            arrived.exchange_id,
            arrived.minute_at as from_at,
            coalesce(
                greatest(later.received_at, later.opened_at), timestamptz 'infinity'
            ) as until_at
        from arrived
        left join
            lateral (
                select
                    found.received_at,
                    found.opened_at
                from {{ candles }} as found
                where
                    found.exchange_id = arrived.exchange_id
                    and found.symbol = arrived.symbol
                    and found.opened_at_ms > arrived.opened_at_ms
                    and found.is_after_end
                    and found.load_id in ({{ finished_loads('bronze_exchange') }})
                order by found.opened_at_ms
                limit 1
            ) as later
            on true
        union all
        select
            exchange_id,
            hour_at as from_at,
            hour_at + interval '1 day' as until_at
        from {{ asked }}
        where changed_in = any({{ claimed_batches() }})
        union all
        select
            words.word as exchange_id,
            min(decided.decides_from) as from_at,
            timestamptz 'infinity' as until_at
        from {{ changes }} as decided
        inner join {{ source('ops', 'config_words') }} as words
            on
                words.kind = 'exchange'
                and (decided.is_of_every_series or decided.exchange_id = words.word)
        where decided.load_id = any({{ claimed_loads() }})
        group by words.word

    )

    {{ touched_units(loads={requests: 'requested_at'}) }}
    union
    select
        split_part(events.budget, ' ', 1) as exchange_id,
        minutes.minute_at
    from {{ events }} as events
    cross join
        lateral generate_series(
            {{ bucket_start(1, 'events.happened_at') }}, events.until_at, interval '1 minute'
        ) as minutes (minute_at)
    where events.changed_in = any({{ claimed_batches() }})
    union
    select
        reaches.exchange_id,
        stored.minute_at
    from reaches
    cross join
        lateral (
            select this_table.minute_at
            from {{ this }} as this_table
            where
                this_table.exchange_id = reaches.exchange_id
                and this_table.minute_at >= reaches.from_at
                and this_table.minute_at <= reaches.until_at
            order by this_table.minute_at
            offset 0
        ) as stored
{%- endmacro %}
