{#-
The hours of a series in which a proof may have changed: where a candle, a minute of
trades or an answer did, and every hour between such a minute and its traded neighbours.
-#}
{% macro touched_proof_hours_sql() -%}
    select
        exchange_id,
        symbol,
        {{ bucket_start(60, 'opened_at') }} as hour_at
    from {{ ref('int_candles_graded') }}
    where changed_in = any({{ claimed_batches() }})
    union
    select
        exchange_id,
        symbol,
        hour_at
    from {{ ref('int_minutes_answered') }}
    where changed_in = any({{ claimed_batches() }})
    union
    select
        exchange_id,
        symbol,
        hour_at
    from {{ ref('int_trades_answered') }}
    where changed_in = any({{ claimed_batches() }})
    union
    select
        rebuilt.exchange_id,
        rebuilt.symbol,
        hours.hour_at
    from {{ ref('int_candles_rebuilt') }} as rebuilt
    cross join lateral generate_series(
        {{ bucket_start(60, 'coalesce(rebuilt.previous_opened_at, rebuilt.opened_at)') }},
        {{ bucket_start(60, 'coalesce(rebuilt.next_opened_at, rebuilt.opened_at)') }},
        interval '1 hour'
    ) as hours (hour_at)
    where rebuilt.changed_in = any({{ claimed_batches() }})
{%- endmacro %}
