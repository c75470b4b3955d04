{#-
How many upstream rows wait for this model. Of a load they are those of the tables that
the model reads: an archive's day has a thousand times more trades than candles.
-#}
{% macro waiting_rows() -%}
    {%- set counted = namespace(rows=0) -%}
    {%- set waiting -%}
        select batch_id from ops.waiting_batches where consumer = '{{ this.identifier }}'
    {%- endset -%}
    {%- for feed, tables in driving_feeds(model).items() -%}
        {%- set count_sql -%}
            {%- if tables -%}
            select coalesce(sum(deliveries.rows_count), 0)
            from ops.loads as loads
            inner join ops.deliveries as deliveries
                on
                    loads.schema_name = deliveries.schema_name
                    and loads.load_id = deliveries.load_id
            where
                loads.schema_name = '{{ feed }}'
                and loads.batch_id in ({{ waiting }})
                and deliveries.table_name
                = any(string_to_array('{{ tables | join(",") }}', ','))
            {%- else -%}
            select count(*)
            from {{ feed_relation(feed) }} as feed
            where feed.changed_in = any(array({{ waiting }}))
            {%- endif -%}
        {%- endset -%}
        {%- set counted.rows = counted.rows + run_query(count_sql).columns[0].values()[0] -%}
    {%- endfor -%}
    {{ return(counted.rows) }}
{%- endmacro %}


{% macro feed_relation(feed) -%}
    {%- for nodes in (graph.nodes, graph.sources) -%}
    {%- for node in nodes.values() if node.name == feed -%}
        {{ return(api.Relation.create(node.database, node.schema, node.alias or node.name)) }}
    {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}
