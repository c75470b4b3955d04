{#- Load ids of the finished loads of a bronze schema: a sub-select for `in (…)`. -#}
{% macro finished_loads(schema) -%}
    select loads.load_id
    from {{ source('ops', 'loads') }} as loads
    where loads.schema_name = '{{ schema }}'
{%- endmacro %}
