{#-
The hours of a symbol on every venue that has a candle in them, where one venue's candles or
features changed, or the price that is made of all. Of the features those that anomalies are
judged by: a correction moves `obv` to the end of its month, and nothing else there. What
differs most comes first, for `except` sorts by all.
-#}
{% macro hours_of_all_venues_sql(candles, prices, features=none) -%}
    {%- set judged_by = 'log_return, volatility_60, opened_at, volume_sma_20, symbol, exchange_id' -%}
    {%- set history = adapter.get_relation(features.database, 'history', features.identifier)
        if features and execute -%}
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
            moved.symbol,
            {{ bucket_start(60, 'moved.opened_at') }} as hour_at
        from (
            select {{ judged_by }}
            from {{ features }}
            where
                changed_in = any({{ claimed_batches() }})
                and timeframe = '1m'
            {%- if history %}
            except
            -- as they were before the first run that is claimed
            select {{ judged_by }}
            from {{ history }}
            where
                ended_in = any({{ claimed_batches() }})
                and changed_in <> all({{ claimed_batches() }})
                and timeframe = '1m'
            {%- endif %}
        ) as moved
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
