{#-
Whether a row is of one of these units of work, for the `where` of a model that reads more
than it writes; any row is where all are written.
-#}
{% macro is_of_units(row, unit, units) -%}
    {%- if not reads_claims_only() -%}
    true
    {%- else -%}
    exists (
        select
        from {{ units }}
        where
            {%- for column in unit %}
            {{ 'and ' if not loop.first }}{{ units }}.{{ column }} = {{ row }}.{{ column }}
            {%- endfor %}
    )
    {%- endif -%}
{%- endmacro %}
