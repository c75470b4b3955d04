{#- The time of a block, from its seconds; null from the year 10000 on. -#}
{% macro block_time(at_s) -%}
    case when {{ at_s }} < 253402300800 then to_timestamp({{ at_s }}) end
{%- endmacro %}
