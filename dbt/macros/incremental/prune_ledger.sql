{#-
Forget the batches that every consumer of their feed has consumed. A model that was
never built counts as a consumer, so its first run finds what it needs either way.
-#}
{% macro prune_ledger() -%}
    {%- set consumers = namespace(pairs=[], feeds=[]) -%}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {%- for node in graph.nodes.values()
            if carries_batches(node) -%}
            {%- set consumers.feeds = consumers.feeds + [node.name] -%}
            {%- for feed in (driving_feeds(node) if is_driven(node) else []) -%}
                {%- set consumers.feeds = consumers.feeds + [feed] -%}
                {%- set consumers.pairs = consumers.pairs + [(feed, node.name)] -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if consumers.pairs %}
    with spent as (
        select batches.batch_id
        from ops.batches as batches
        where
            batches.feed
            = any(string_to_array('{{ consumers.feeds | unique | join(",") }}', ','))
            and not exists (
                select 1
                from (
                    values
                    {% for feed, consumer in consumers.pairs -%}
                    ('{{ feed }}', '{{ consumer }}'){{ "," if not loop.last }}
                    {% endfor -%}
                ) as expected (feed, consumer)
                where
                    expected.feed = batches.feed
                    and not exists (
                        select 1
                        from ops.consumed_batches as consumed
                        where
                            consumed.consumer = expected.consumer
                            and consumed.batch_id = batches.batch_id
                    )
            )
    ),

    forgotten as (
        delete from ops.consumed_batches as consumed
        using spent
        where consumed.batch_id = spent.batch_id
    )

    delete from ops.batches as batches
    using spent
    where batches.batch_id = spent.batch_id
    {%- else -%}
    select 1
    {%- endif -%}
{%- endmacro %}
