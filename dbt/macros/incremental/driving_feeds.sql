{#-
The feeds that drive a model, each with the tables of it that the model reads: found by
walking up through views. A bronze source is a table of its schema's loads; an
incremental model of ours is a feed of its own, and so is a source whose rows name the
batch that brought them: it says `meta: {has_batches: true}`. A view with
`meta: {parts: […]}` reads only these parts of its source. What carries no batches (a seed,
a table made anew) must be named in the model's `meta: {lookups: […]}`, whose changes a full
refresh brings in; so may a feed whose changes always arrive through another one. A model
with `meta: {recomputes: everything}` needs to name nothing: it is read whole each time.
-#}
{% macro driving_feeds(node) -%}
    {%- set feeds = {} -%}
    {%- do gather_feeds(node, node, feeds) -%}
    {{ return(feeds) }}
{%- endmacro %}


{% macro gather_feeds(node, asking, feeds) -%}
    {%- set everything = asking.config.meta.get('recomputes') == 'everything' -%}
    {%- for unique_id in node.depends_on.nodes -%}
        {%- set upstream = graph.sources.get(unique_id) or graph.nodes.get(unique_id) -%}
        {%- if upstream.config.meta.get('has_batches') -%}
            {%- do feeds.setdefault(upstream.name, []) -%}
        {%- elif upstream.name in asking.config.meta.get('lookups', [])
            or upstream.schema == 'ops' -%}
        {%- elif upstream.resource_type == 'source' and upstream.schema.startswith('bronze_') -%}
            {%- set parts = node.config.meta.get('parts', []) -%}
            {%- set tables = feeds.setdefault(upstream.schema, []) -%}
            {%- for part in parts %}{% do tables.append(upstream.name ~ ' of ' ~ part) %}{% endfor -%}
            {%- if not parts %}{% do tables.append(upstream.name) %}{% endif -%}
        {%- elif upstream.config.materialized in ('view', 'ephemeral') -%}
            {%- do gather_feeds(upstream, asking, feeds) -%}
        {%- elif not carries_batches(upstream) -%}
            {%- if not everything -%}
                {{ exceptions.raise_compiler_error(
                    asking.name ~ " reads " ~ upstream.name ~ ", which carries no batches:"
                    ~ " name it in meta.lookups, and a change of it takes a full refresh"
                ) }}
            {%- endif -%}
        {%- elif upstream.config.meta.get('loses_rows') and not everything -%}
            {{ exceptions.raise_compiler_error(
                asking.name ~ " is driven by " ~ upstream.name ~ ", whose rows can vanish"
                ~ " without a trace: give it meta.recomputes: everything"
            ) }}
        {%- else -%}
            {%- do feeds.setdefault(upstream.name, []) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
