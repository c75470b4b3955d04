{#-
The observations of `latest` that a run takes in, of blocks that are held: those that its
claims brought, and those whose block they brought.
-#}
{% macro heard_heads_sql(heads, blocks) -%}
    with

    claimed as (

        select
            chain_id,
            endpoint,
            received_at,
            block_hash
        from {{ heads }}
        where
            tag = 'latest'
            and {{ loads_to_read('bronze_evm') }}
        {%- if reads_claims_only() %}
        union
        select
            heads.chain_id,
            heads.endpoint,
            heads.received_at,
            heads.block_hash
        from {{ blocks }} as blocks
        inner join {{ heads }} as heads
            on
                blocks.chain_id = heads.chain_id
                and blocks.block_hash = heads.block_hash
        where
            blocks.changed_in = any({{ claimed_batches() }})
            and heads.tag = 'latest'
            and heads.load_id in ({{ finished_loads('bronze_evm') }})
        {%- endif %}

    )

    select distinct
        claimed.chain_id,
        claimed.endpoint,
        claimed.received_at as seen_at,
        claimed.block_hash,
        blocks.block_number
    from claimed
    inner join {{ blocks }} as blocks
        on
            claimed.chain_id = blocks.chain_id
            and claimed.block_hash = blocks.block_hash
{%- endmacro %}
