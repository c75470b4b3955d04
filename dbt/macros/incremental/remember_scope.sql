{#-
A pre-hook after the claim: keep the units to recompute (`scope_sql` yields the columns of
`meta.unit_of_work`) in a table, where both the model and the deletion of what vanished
read them, and whose rows the planner has counted. It ends with the transaction; a rebuild
needs none.
-#}
{% macro remember_scope(scope_sql) -%}
    {%- if is_incremental() -%}
    create temporary table {{ claimed_scope() }} on commit drop as
    {{ scope_sql }};
    analyze {{ claimed_scope() }}
    {%- endif -%}
{%- endmacro %}
