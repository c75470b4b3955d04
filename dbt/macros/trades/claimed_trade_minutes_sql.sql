{#-
The minutes of trades that claimed loads brought, by their start: as a stamp in
nanoseconds, which bronze's index knows, and as a time.
-#}
{% macro claimed_trade_minutes_sql() -%}
    select distinct
        exchange_id,
        symbol,
        {{ trade_minute_ns('traded_at_ns') }} as opened_at_ns,
        to_timestamp(traded_at_ns / 60000000000 * 60) as minute_at
    from {{ ref('int_trades_gathered') }}
    where load_id = any({{ claimed_loads() }})
{%- endmacro %}
