{#-
The pre-hook of an incremental model, in the transaction of its rows: take the model's
lock, claim every batch of its feeds that it has not consumed, make its own batch, and
leave all three in settings that end with the transaction:

    bullion.own_batch        the batch of the rows that this run changes
    bullion.claimed_batches  claimed batches of models
    bullion.claimed_loads    load ids of claimed loads

A batch that commits late under a low number is not consumed yet, so nothing is skipped.
Months depend on the time zone; compiling (jit) costs more than small increments take.
How many rows a claimed load has is not known when a plan is made, and a guess from the
largest load reads all of bronze: claims are read by index. A unit or a key is looked up
once, so what was found is not memorised: that doubled the time of a merge of 198,000 rows.
-#}
{% macro claim_batches() -%}
    {%- if execute and not carries_batches(model) -%}
        {{ return('select 1') }}
    {%- endif -%}
    set local timezone = 'UTC';
    set local jit = off;
    {%- if is_incremental() and is_driven(model) and reads_claims_only() %}
    set local enable_seqscan = off;
    set local enable_memoize = off;
    {%- endif %}
    set local work_mem = '{{ var("work_mem") }}';
    set local maintenance_work_mem = '{{ var("work_mem") }}';
    {{ lock_model_sql() }};
    with claimed as (
        insert into ops.consumed_batches (consumer, batch_id)
        select
            waiting.consumer,
            waiting.batch_id
        from ops.waiting_batches as waiting
        where waiting.consumer = '{{ this.identifier }}'
        returning batch_id
    ),

    own as (
        insert into ops.batches (feed) values ('{{ this.identifier }}')
        returning batch_id
    )

    select
        set_config('bullion.own_batch', (select own.batch_id from own)::text, true),
        set_config(
            'bullion.claimed_batches',
            coalesce(
                array_agg(batches.batch_id) filter (where batches.load_id is null), '{}'
            )::text,
            true
        ),
        set_config(
            'bullion.claimed_loads',
            coalesce(
                array_agg(batches.load_id) filter (where batches.load_id is not null), '{}'
            )::text,
            true
        )
    from claimed
    inner join ops.batches as batches
        on claimed.batch_id = batches.batch_id
{%- endmacro %}


{#- Whether a model reads what it has claimed alone; the others read all, each time. -#}
{% macro is_driven(node) -%}
    {{ return(node.config.meta.get('recomputes') != 'everything' and driving_feeds(node)) }}
{%- endmacro %}
