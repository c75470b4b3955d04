{#-
The observations of `latest` that a run takes in, of blocks that are held: those that its
claims brought, and those whose block they brought. A head that is the highest block of its
own load, for want of an answer to `latest`, tells nothing of the chain's length.
-#}
{% macro heard_heads_sql(heads, headers, blocks) -%}
    with

    claimed as (

        select *
        from {{ heads }}
        where {{ loads_to_read('bronze_evm') }}
        {%- if reads_claims_only() %}
        union
        select heads.*
        from {{ blocks }} as blocks
        inner join {{ heads }} as heads
            on
                blocks.chain_id = heads.chain_id
                and blocks.block_hash = heads.block_hash
        where
            blocks.changed_in = any({{ claimed_batches() }})
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
    left join
        lateral (
            select answers.block_hash
            from {{ headers }} as answers
            where
                answers.chain_id = claimed.chain_id
                and answers.block_hash = claimed.block_hash
                and answers.load_id = claimed.load_id
                and answers.request_id = claimed.request_id
            order by answers.block_hash
            limit 1
        ) as headers
        on true
    where
        claimed.tag = 'latest'
        and headers.block_hash is null
{%- endmacro %}
