{#- A number of trades in words. -#}
{% macro counted_trades(count) -%}
    {{ count }} || case when {{ count }} = 1 then ' trade' else ' trades' end
{%- endmacro %}
