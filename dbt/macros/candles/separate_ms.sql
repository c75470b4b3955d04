{#-
How far the venue's clock moves between two readings that count as separate: an answer that
is asked for twice at one moment may come from one cache, and confirms nothing.
-#}
{% macro separate_ms() -%}
    30000
{%- endmacro %}
