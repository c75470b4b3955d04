{#- How many upstream rows wait for this model. -#}
{% macro waiting_rows() -%}
    {%- set counted = namespace(rows=0) -%}
    {%- for feed in driving_feeds(model) -%}
        {%- set waiting -%}
            select batches.batch_id
            from ops.batches as batches
            where
                batches.feed = '{{ feed }}'
                and not exists (
                    select 1
                    from ops.consumed_batches as consumed
                    where
                        consumed.consumer = '{{ this.identifier }}'
                        and consumed.batch_id = batches.batch_id
                )
        {%- endset -%}
        {%- if feed.startswith('bronze_') -%}
            {%- set count_sql -%}
                select coalesce(sum(loads.rows_count), 0)
                from ops.loads as loads
                where loads.batch_id in ({{ waiting }})
            {%- endset -%}
        {%- else -%}
            {%- set count_sql -%}
                select count(*)
                from {{ feed_relation(feed) }} as feed
                where feed.changed_in = any(array({{ waiting }}))
            {%- endset -%}
        {%- endif -%}
        {%- set counted.rows = counted.rows + run_query(count_sql).columns[0].values()[0] -%}
    {%- endfor -%}
    {{ return(counted.rows) }}
{%- endmacro %}


{% macro feed_relation(feed) -%}
    {%- for node in graph.nodes.values() if node.name == feed -%}
        {{ return(api.Relation.create(node.database, node.schema, node.alias)) }}
    {%- endfor -%}
{%- endmacro %}
