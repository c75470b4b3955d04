{#- Milliseconds of a minute. -#}
{% macro minute_ms() -%}
    60000
{%- endmacro %}
