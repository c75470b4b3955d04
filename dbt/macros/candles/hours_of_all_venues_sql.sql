{#-
The hours of a symbol on every venue that has a candle in them, where one venue's candles or
features changed, or the price that is made of all.
-#}
{% macro hours_of_all_venues_sql(candles, prices, features=none) -%}
    select distinct
        held.exchange_id,
        changed.symbol,
        changed.hour_at
    from (
        select
            asset || '/' || quote as symbol,
            {{ bucket_start(60, 'minute_at') }} as hour_at
        from {{ prices }}
        where changed_in = any({{ claimed_batches() }})
        {%- if features %}
        union
        select
            symbol,
            {{ bucket_start(60, 'opened_at') }} as hour_at
        from {{ features }}
        where
            changed_in = any({{ claimed_batches() }})
            and timeframe = '1m'
        union
        select
            symbol,
            {{ bucket_start(60, 'opened_at') }} as hour_at
        from {{ candles }}
        where changed_in = any({{ claimed_batches() }})
        {%- endif %}
    ) as changed
    cross join
        lateral (
            select found.exchange_id
            from {{ candles }} as found
            where
                found.symbol = changed.symbol
                and found.opened_at >= changed.hour_at
                and found.opened_at < changed.hour_at + interval '1 hour'
            offset 0
        ) as held
{%- endmacro %}
