{#- The start of the minute of a stamp; both in nanoseconds. -#}
{% macro trade_minute_ns(at_ns) -%}
    ({{ at_ns }}) - ({{ at_ns }}) % 60000000000
{%- endmacro %}
