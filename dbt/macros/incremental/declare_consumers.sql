{#-
Write down which feeds drive each model, and forget what was last built: it stands again
when `bullion transform` has built all. A model that is gone counts until its table is.
-#}
{% macro declare_consumers() -%}
    {%- set rows = [] -%}
    {%- set names = [] -%}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {%- for node in graph.nodes.values() if carries_batches(node) -%}
            {%- do names.append(node.alias) -%}
            {%- for feed, tables in driving_feeds(node).items() -%}
                {%- do rows.append((
                    node.alias,
                    node.schema ~ '.' ~ node.alias,
                    feed,
                    '{' ~ tables | unique | sort | join(',') ~ '}',
                )) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif %}
    delete from ops.transforms;
    {%- if rows %}
    merge into ops.consumers as stored
    using (
        values
        {% for row in rows -%}
        ('{{ row | join("', '") }}'){{ "," if not loop.last }}
        {% endfor -%}
    ) as declared (consumer, relation, feed, table_names)
    on
        stored.consumer = declared.consumer
        and stored.feed = declared.feed
    when matched and (stored.relation, stored.table_names)
        is distinct from (declared.relation, declared.table_names::text[])
        then update set
            relation = declared.relation,
            table_names = declared.table_names::text[]
    when not matched
        then insert values (
            declared.consumer, declared.relation, declared.feed, declared.table_names::text[]
        )
    when not matched by source
        and (
            stored.consumer = any(string_to_array('{{ names | join(",") }}', ','))
            or to_regclass(stored.relation) is null
        )
        then delete;
    {%- endif %}
    commit
{%- endmacro %}
