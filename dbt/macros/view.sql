{#-
Views are replaced in place. dbt's own materialization swaps and drops: the drop takes
views that stand on this one with it, and two runs at once collide on the swap's names.
Only a view that lost a column or changed a type is dropped first, and only when nothing
stands on it: Postgres says what does.
-#}
{% materialization view, adapter='postgres' -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='view') -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% call statement('lock') -%}
        {{ lock_model_sql() }}
    {%- endcall %}
    {%- if existing is not none and not existing.is_view -%}
        {%- do adapter.drop_relation(existing) -%}
    {%- endif -%}
    {%- if config.get('contract').enforced -%}
        {{ get_assert_columns_equivalent(sql) }}
    {%- endif -%}
    {% call statement('main') -%}
        do $replace$ begin
            create or replace view {{ target_relation }} as (
                {{ sql }}
            );
        exception when invalid_table_definition then
            drop view {{ target_relation }};
            create view {{ target_relation }} as (
                {{ sql }}
            );
        end $replace$
    {%- endcall %}
    {%- do apply_grants(target_relation, config.get('grants'), should_revoke=True) -%}
    {%- do persist_docs(target_relation, model) -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}
