{#- What a reading says of a minute: two readings agree when all of these are equal. -#}
{% macro candle_values() -%}
    {{ return([
        'open', 'high', 'low', 'close', 'base_volume', 'quote_volume', 'trades_count',
        'taker_buy_base', 'taker_buy_quote', 'vwap'
    ]) }}
{%- endmacro %}
