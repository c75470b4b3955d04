{#- The time of a stamp in nanoseconds, cut to the microsecond, exactly. -#}
{% macro time_of_ns(at_ns) -%}
    ('epoch'::timestamptz + ({{ at_ns }}) / 1000 * interval '1 microsecond')
{%- endmacro %}
