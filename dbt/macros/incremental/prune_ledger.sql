{#-
Forget the batches that wait for no model any more. A model that was never built counts
too, so its first run finds what it needs either way.
-#}
{% macro prune_ledger() -%}
    {%- if execute and flags.WHICH in ('run', 'build') %}
    with spent as (
        select batches.batch_id
        from ops.batches as batches
        where
            batches.feed in (
                select feed from ops.consumers
                union
                select consumer from ops.consumers
            )
            and batches.batch_id not in (select batch_id from ops.waiting_batches)
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
