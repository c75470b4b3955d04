{#-
A sum, a product or a ratio as a column's type, and null where it is beyond it: an odd value
of one row may cost its bucket this figure, and never the run.
-#}
{% macro fitting(value, data_type='numeric(38, 18)') -%}
    {%- set limits = {
        'numeric(38, 18)': '1e20',
        'numeric(38, 4)': '1e34',
        'numeric(76, 36)': '1e40',
        'numeric(78, 0)': '1e78',
        'bigint': '9e18',
    } -%}
    (case when abs({{ value }}) < {{ limits[data_type] }} then {{ value }} end)::{{ data_type }}
{%- endmacro %}
