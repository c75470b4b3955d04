{#-
A pre-hook after the claim: keep the scopes to recompute (`sql` yields the columns of
`meta.scope`) where both the model and its deletion read them. A rebuild needs none.
-#}
{% macro remember_scope(scope_sql) -%}
    {%- if is_incremental() -%}
    create temporary table {{ this.identifier }}__scope on commit drop as
    {{ scope_sql }};
    analyze {{ claimed_scope() }}
    {%- endif -%}
{%- endmacro %}
