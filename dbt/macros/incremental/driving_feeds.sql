{#-
The feeds that drive a model: the tables that carry batches, found by walking up through
views. A bronze source is the feed of its schema's loads; an incremental model of ours is
a feed of its own. What carries no batches (a seed, a table made anew) must be named in
the model's `meta: {lookups: […]}`, whose changes a full refresh brings in; so may a feed
whose changes always arrive through another one.
-#}
{% macro driving_feeds(node) -%}
    {%- set lookups = node.config.meta.get('lookups', []) -%}
    {%- set feeds = [] -%}
    {%- for unique_id in node.depends_on.nodes -%}
        {%- do feeds.extend(feeds_of(unique_id, lookups, node)) -%}
    {%- endfor -%}
    {{ return(feeds | unique | sort) }}
{%- endmacro %}


{% macro feeds_of(unique_id, lookups, asking) -%}
    {%- set upstream = graph.sources.get(unique_id) or graph.nodes.get(unique_id) -%}
    {%- if upstream.name in lookups or upstream.schema == 'ops' -%}
        {{ return([]) }}
    {%- endif -%}
    {%- if upstream.resource_type == 'source' and upstream.schema.startswith('bronze_') -%}
        {{ return([upstream.schema]) }}
    {%- endif -%}
    {%- if upstream.config.materialized in ('view', 'ephemeral') -%}
        {{ return(driving_feeds_through(upstream, lookups, asking)) }}
    {%- endif -%}
    {%- if upstream.config.get('incremental_strategy') != 'differences' -%}
        {{ exceptions.raise_compiler_error(
            asking.name ~ " reads " ~ upstream.name ~ ", which carries no batches: name it in"
            ~ " meta.lookups, and a change of it takes a full refresh"
        ) }}
    {%- endif -%}
    {%- if upstream.config.meta.get('scope') -%}
        {{ exceptions.raise_compiler_error(
            asking.name ~ " is driven by " ~ upstream.name ~ ", whose rows can vanish without"
            ~ " a trace: give it meta.recomputes: everything"
        ) }}
    {%- endif -%}
    {{ return([upstream.name]) }}
{%- endmacro %}


{% macro driving_feeds_through(view, lookups, asking) -%}
    {%- set feeds = [] -%}
    {%- for unique_id in view.depends_on.nodes -%}
        {%- do feeds.extend(feeds_of(unique_id, lookups, asking)) -%}
    {%- endfor -%}
    {{ return(feeds) }}
{%- endmacro %}
