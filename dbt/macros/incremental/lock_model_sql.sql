{#- One run of a model at a time: the second waits, and a kill frees the lock. -#}
{% macro lock_model_sql() -%}
    select pg_advisory_xact_lock(hashtextextended('dbt {{ this }}', 0))
{%- endmacro %}
