{#- The table of the scopes that this run recomputes; it ends with the transaction. -#}
{% macro claimed_scope() -%}
    pg_temp.{{ this.identifier }}__scope
{%- endmacro %}
