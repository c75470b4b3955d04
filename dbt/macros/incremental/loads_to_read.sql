{#-
Which rows of a view of bronze a run reads, for its `where`: of the finished loads of the
schema those that it has claimed, or all.
-#}
{% macro loads_to_read(schema) -%}
    {%- if reads_claims_only() -%}
    load_id = any({{ claimed_loads() }})
    {%- else -%}
    load_id in ({{ finished_loads(schema) }})
    {%- endif -%}
{%- endmacro %}
