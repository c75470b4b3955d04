{#-
A full refresh drops each selected table with everything that stands on it. Where that
takes a relation that this run does not make again (an analyst's view, or a view of ours
that is not selected), list it and stop, unless the operator says
`--vars 'drop_dependents: true'`.
-#}
{% macro refuse_to_drop_dependents() -%}
    {%- if execute and flags.FULL_REFRESH and flags.WHICH in ('run', 'build', 'seed')
        and not var('drop_dependents') -%}
        {%- set found = run_query(foreign_dependents_sql()) -%}
        {%- if found | length -%}
            {{ exceptions.raise_compiler_error(
                "a full refresh would drop what it does not make again: "
                ~ found.columns['dependent'].values() | join(', ')
                ~ ". Select those of dbt's too; keep the definitions of others, then say"
                ~ " --vars 'drop_dependents: true'"
            ) }}
        {%- endif -%}
    {%- endif -%}
    select 1
{%- endmacro %}


{#- Views, at any depth, on the selected tables, which this run does not make. -#}
{% macro foreign_dependents_sql() -%}
    {%- set owned = [] -%}
    {%- set rebuilt = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type in ('model', 'seed') -%}
        {%- if node.config.materialized != 'view' or node.unique_id in selected_resources -%}
            {%- do owned.append(node.schema ~ '.' ~ node.alias) -%}
        {%- endif -%}
        {%- if node.unique_id in selected_resources and node.config.materialized != 'view' -%}
            {%- do rebuilt.append(node.schema ~ '.' ~ node.alias) -%}
        {%- endif -%}
    {%- endfor %}
    with recursive dependents as (
        select to_regclass(name) as relation
        from unnest(string_to_array('{{ rebuilt | join(",") }}', ',')) as rebuilt (name)
        where to_regclass(name) is not null
        union
        select rules.ev_class::regclass
        from dependents
        inner join pg_catalog.pg_depend as depends
            on
                dependents.relation = depends.refobjid
                and depends.refclassid = 'pg_class'::regclass
                and depends.classid = 'pg_rewrite'::regclass
        inner join pg_catalog.pg_rewrite as rules
            on depends.objid = rules.oid
    )

    select format('%s.%s (of %s)', spaces.nspname, classes.relname, roles.rolname) as dependent
    from dependents
    inner join pg_catalog.pg_class as classes on dependents.relation = classes.oid
    inner join pg_catalog.pg_namespace as spaces on classes.relnamespace = spaces.oid
    inner join pg_catalog.pg_roles as roles on classes.relowner = roles.oid
    where
        spaces.nspname || '.' || classes.relname
        != all(string_to_array('{{ owned | join(",") }}', ','))
    order by 1
{%- endmacro %}
