{#-
How many upstream rows wait for this model. Of a load they are those of the tables that
the model reads: an archive's day has a thousand times more trades than candles.
-#}
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
                select coalesce(sum(deliveries.rows_count), 0)
                from ops.loads as loads
                inner join ops.deliveries as deliveries
                    on
                        loads.schema_name = deliveries.schema_name
                        and loads.load_id = deliveries.load_id
                where
                    loads.batch_id in ({{ waiting }})
                    and deliveries.table_name
                    = any(string_to_array('{{ bronze_tables_read(model, feed) | join(",") }}', ','))
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


{#- The tables of a bronze schema that a model reads, found by walking up through views. -#}
{% macro bronze_tables_read(node, schema) -%}
    {%- set names = [] -%}
    {%- for unique_id in node.depends_on.nodes -%}
        {%- set upstream = graph.sources.get(unique_id) or graph.nodes.get(unique_id) -%}
        {%- if upstream.resource_type == 'source' and upstream.schema == schema -%}
            {%- do names.append(upstream.name) -%}
        {%- elif upstream.config.materialized in ('view', 'ephemeral') -%}
            {%- do names.extend(bronze_tables_read(upstream, schema)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(names | unique | list) }}
{%- endmacro %}
