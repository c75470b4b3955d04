{#- The minutes that claimed loads read, or whose standing candle changed. -#}
{% macro changed_minutes_sql() -%}
    select
        exchange_id,
        symbol,
        opened_at
    from {{ ref('int_candles_graded') }}
    where changed_in = any({{ claimed_batches() }})
    union
    select
        exchange_id,
        symbol,
        to_timestamp(opened_at_ms / 1000)
    from {{ ref('stg_exchange__ohlcv') }}
    where
        load_id = any({{ claimed_loads() }})
        and timeframe = '1m'
{%- endmacro %}
