{%- set block = ['chain_id', 'block_hash'] -%}
{%- set read, final = ref('int_blocks_read'), ref('int_blocks_finalized') -%}
{{ config(
    unique_key=block,
    indexes=[
        {'columns': block, 'unique': true},
        {'columns': ['is_linked', 'chain_id', 'block_number']},
        {'columns': ['is_head', 'chain_id']},
        {'columns': ['changed_in']},
    ],
) }}

with recursive

chains as (

    {%- for relation in [read, final, ref('int_heads_followed')] %}
    {{ "union" if not loop.first }}
    select chain_id
    from {{ relation }}
    {%- if reads_claims_only() %}
    where changed_in = any({{ claimed_batches() }})
    {%- endif %}
    {%- endfor %}

),

-- a head below a final block is one of before
heads as (

    select
        chains.chain_id,
        followed.head_hash,
        followed.head_number,
        followed.seen_at
    from chains
    cross join
        lateral (
            select history.*
            from {{ ref('int_heads_followed') }} as history
            where history.chain_id = chains.chain_id
            order by
                history.seen_at desc,
                history.endpoint desc,
                history.block_number desc,
                history.block_hash desc
            limit 1
        ) as followed
    where
        not exists (
            select 1
            from {{ final }} as final_blocks
            where
                final_blocks.chain_id = chains.chain_id
                and final_blocks.block_number > followed.head_number
        )

),
{%- if reads_claims_only() %}

-- walked anew down to a final block, since one came to be beside what is linked
overruled_chains as (

    select final_blocks.chain_id
    from {{ final }} as final_blocks
    inner join {{ this }} as stored
        on
            stored.is_linked
            and final_blocks.chain_id = stored.chain_id
            and final_blocks.block_number = stored.block_number
            and final_blocks.block_hash != stored.block_hash
    where final_blocks.changed_in = any({{ claimed_batches() }})

),
{%- endif %}

walked as (

    select
        blocks.chain_id,
        blocks.block_hash,
        blocks.block_number,
        blocks.parent_hash,
        {{ is_end_of_walk('blocks', final, 'overruled_chains') }} as is_end
    from heads
    inner join {{ read }} as blocks
        on
            heads.chain_id = blocks.chain_id
            and heads.head_hash = blocks.block_hash
    union all
    select
        blocks.chain_id,
        blocks.block_hash,
        blocks.block_number,
        blocks.parent_hash,
        {{ is_end_of_walk('blocks', final, 'overruled_chains') }} as is_end
    from walked
    inner join {{ read }} as blocks
        on
            walked.chain_id = blocks.chain_id
            and walked.parent_hash = blocks.block_hash
    where not walked.is_end

),
{%- if reads_claims_only() %}

-- what was linked to the head before, down to where the walk came
dropped as (

    select
        stored.chain_id,
        stored.block_hash
    from chains
    inner join {{ this }} as stored
        on
            stored.is_head
            and chains.chain_id = stored.chain_id
    where
        not exists (
            select 1
            from walked
            where
                walked.chain_id = stored.chain_id
                and walked.block_hash = stored.block_hash
        )
    union all
    select
        stored.chain_id,
        stored.block_hash
    from dropped
    inner join {{ read }} as blocks
        on
            dropped.chain_id = blocks.chain_id
            and dropped.block_hash = blocks.block_hash
    inner join {{ this }} as stored
        on
            blocks.chain_id = stored.chain_id
            and blocks.parent_hash = stored.block_hash
    where
        stored.is_linked
        and not exists (
            select 1
            from walked
            where
                walked.chain_id = stored.chain_id
                and walked.block_hash = stored.block_hash
        )

),

-- a hole below what is linked was filled
filled as (

    select
        blocks.chain_id,
        blocks.block_hash,
        blocks.block_number,
        blocks.parent_hash,
        {{ is_end_of_walk('blocks', final, 'overruled_chains') }} as is_end
    from {{ read }} as blocks
    inner join {{ read }} as children
        on
            blocks.chain_id = children.chain_id
            and blocks.block_hash = children.parent_hash
    inner join {{ this }} as linked_children
        on
            children.chain_id = linked_children.chain_id
            and children.block_hash = linked_children.block_hash
    left join dropped
        on
            children.chain_id = dropped.chain_id
            and children.block_hash = dropped.block_hash
    where
        blocks.changed_in = any({{ claimed_batches() }})
        and linked_children.is_linked
        and dropped.block_hash is null
    union all
    select
        blocks.chain_id,
        blocks.block_hash,
        blocks.block_number,
        blocks.parent_hash,
        {{ is_end_of_walk('blocks', final, 'overruled_chains') }} as is_end
    from filled
    inner join {{ read }} as blocks
        on
            filled.chain_id = blocks.chain_id
            and filled.parent_hash = blocks.block_hash
    where not filled.is_end

),
{%- endif %}

line as (

    select
        chain_id,
        block_hash,
        block_number
    from walked
    {%- if reads_claims_only() %}
    union
    select
        chain_id,
        block_hash,
        block_number
    from filled
    {%- endif %}

),

contradictions as (

    select
        line.chain_id,
        min(line.block_number) as block_number
    from line
    inner join {{ final }} as final_blocks
        on
            line.chain_id = final_blocks.chain_id
            and line.block_number = final_blocks.block_number
            and line.block_hash != final_blocks.block_hash
    group by line.chain_id

),

-- a head that was seen before a block of another branch was final is one of before, too
standing_heads as (

    select heads.*
    from heads
    left join contradictions on heads.chain_id = contradictions.chain_id
    where
        case
            when contradictions.block_number is null then true
            when
                exists (
                    select 1
                    from {{ ref('stg_evm__heads') }} as finals
                    where
                        finals.chain_id = heads.chain_id
                        and finals.tag = 'finalized'
                        and finals.block_number >= contradictions.block_number
                        and finals.received_at < heads.seen_at
                        and finals.load_id in ({{ finished_loads('bronze_evm') }})
                )
                then
                    chain.refuse(
                        'chain ' || heads.chain_id || ': the head ' || heads.head_number || ' '
                        || chain.hex(heads.head_hash) || ' is on another branch than block '
                        || contradictions.block_number || ', which was final before'
                    )
            else false
        end

),

touched as (

    {{ touched_units(block, batches={read: 'block_hash', final: 'block_hash'}) }}
    {%- if reads_claims_only() %}
    union
    select
        chain_id,
        block_hash
    from line
    union
    select
        chain_id,
        block_hash
    from dropped
    union
    select
        stored.chain_id,
        stored.block_hash
    from chains
    left join standing_heads on chains.chain_id = standing_heads.chain_id
    inner join {{ this }} as stored
        on
            stored.is_linked
            and chains.chain_id = stored.chain_id
    where standing_heads.head_hash is null
    {%- endif %}

),
{%- if reads_claims_only() %}

kept as (

    select
        stored.chain_id,
        stored.block_hash
    from touched
    inner join {{ this }} as stored
        on
            stored.is_linked
            and touched.chain_id = stored.chain_id
            and touched.block_hash = stored.block_hash
    where
        not exists (
            select 1
            from dropped
            where
                dropped.chain_id = stored.chain_id
                and dropped.block_hash = stored.block_hash
        )

),
{%- endif %}

linked as (

    select
        chain_id,
        block_hash
    from line
    {%- if reads_claims_only() %}
    union
    select
        chain_id,
        block_hash
    from kept
    {%- endif %}

),

blocks as (

    select
        blocks.chain_id,
        blocks.block_hash,
        blocks.block_number,
        coalesce(blocks.block_hash = standing_heads.head_hash, false) as is_head,
        standing_heads.head_hash is not null
        and linked.block_hash is not null
        and final_blocks.block_hash is null as is_linked,
        {{ own_batch() }} as changed_in
    from {{ rows_of(read, block) }} as blocks
    left join standing_heads on blocks.chain_id = standing_heads.chain_id
    left join {{ final }} as final_blocks
        on
            blocks.chain_id = final_blocks.chain_id
            and blocks.block_hash = final_blocks.block_hash
    left join linked
        on
            blocks.chain_id = linked.chain_id
            and blocks.block_hash = linked.block_hash

)

select * from blocks
