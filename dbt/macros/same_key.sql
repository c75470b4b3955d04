{#- Whether two relations' rows have the same key. -#}
{% macro same_key(one, other, columns) -%}
    {%- for column in columns -%}
    {{ one }}.{{ column }} = {{ other }}.{{ column }}
    {%- if not loop.last %}
    and {% endif -%}
    {%- endfor -%}
{%- endmacro %}
