{#- The minutes that claimed loads read, or whose standing or rebuilt candle changed. -#}
{% macro changed_minutes_sql() -%}
    {% for model in ['int_candles_chosen', 'int_candles_rebuilt'] -%}
    select
        exchange_id,
        symbol,
        opened_at
    from {{ ref(model) }}
    where changed_in = any({{ claimed_batches() }})
    union
    {% endfor -%}
    {% for model in ['stg_exchange__ohlcv', 'stg_archive__klines'] -%}
    select
        exchange_id,
        symbol,
        to_timestamp(opened_at_ms / 1000)
    from {{ ref(model) }}
    where
        load_id = any({{ claimed_loads() }})
        and timeframe = '1m'
    {% if not loop.last %}union
    {% endif -%}
    {%- endfor %}
{%- endmacro %}
