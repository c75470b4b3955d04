{#- Whether a symbol is of a contract that settles in its base: BTC/USD:BTC, BTC/USD:BTC-260327. -#}
{% macro settles_in_base(symbol) -%}
    split_part(split_part({{ symbol }}, ':', 2), '-', 1) = split_part({{ symbol }}, '/', 1)
{%- endmacro %}
