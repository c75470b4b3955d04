{#- What names the units that a run recomputes: a model's CTE, or `remember_scope`'s table. -#}
{% macro claimed_scope() -%}
    touched
{%- endmacro %}
