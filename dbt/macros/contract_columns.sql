{#- The columns that a model's contract has, of a relation with the same ones. -#}
{% macro contract_columns(relation) -%}
    {%- for column in (model.columns if execute else ['changed_in']) -%}
    {{ relation }}.{{ column }}{{ ", " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
