{%- set block = ['chain_id', 'block_hash'] -%}
{%- set read, final = ref('int_blocks_read'), ref('int_blocks_finalized') -%}
{{ config(
    unique_key=block,
    indexes=[
        {'columns': block, 'unique': true},
        {'columns': ['chain_id', 'block_number']},
        {'columns': ['chain_id', 'block_at']},
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
                and final_blocks.is_told
        )

),
{%- if reads_claims_only() %}

old_heads as (

    select
        stored.chain_id,
        stored.block_hash,
        stored.block_number,
        stored.parent_hash
    from chains
    inner join {{ this }} as stored
        on
            stored.is_head
            and chains.chain_id = stored.chain_id

),

-- walked anew down to a final block: where one came to be that overrules what was linked to
-- the head, or a block below that was not held
rewalked_chains as (

    select final_blocks.chain_id
    from {{ final }} as final_blocks
    inner join {{ this }} as stored
        on
            final_blocks.chain_id = stored.chain_id
            and final_blocks.block_number = stored.block_number
            and final_blocks.block_hash != stored.block_hash
    where
        final_blocks.changed_in = any({{ claimed_batches() }})
        and final_blocks.is_told
        and stored.is_canonical
    union
    select blocks.chain_id
    from {{ read }} as blocks
    inner join {{ read }} as children
        on
            blocks.chain_id = children.chain_id
            and blocks.block_hash = children.parent_hash
    inner join {{ this }} as stored
        on
            children.chain_id = stored.chain_id
            and children.block_hash = stored.block_hash
    left join {{ final }} as final_children
        on
            children.chain_id = final_children.chain_id
            and children.block_hash = final_children.block_hash
    left join {{ this }} as known
        on
            blocks.chain_id = known.chain_id
            and blocks.block_hash = known.block_hash
    where
        blocks.changed_in = any({{ claimed_batches() }})
        and stored.is_canonical
        and final_children.block_hash is null
        and known.block_hash is null

),
{%- endif %}

-- from the head down, to what is final or was linked to the head before
walked as (

    select
        blocks.chain_id,
        blocks.block_hash,
        blocks.block_number,
        blocks.parent_hash,
        {{ is_end_of_walk('blocks', final, 'rewalked_chains') }} as is_end
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
        {{ is_end_of_walk('blocks', final, 'rewalked_chains') }} as is_end
    from walked
    inner join {{ read }} as blocks
        on
            walked.chain_id = blocks.chain_id
            and walked.parent_hash = blocks.block_hash
    where not walked.is_end

),

contradictions as (

    select
        walked.chain_id,
        min(walked.block_number) as block_number
    from walked
    inner join {{ final }} as final_blocks
        on
            walked.chain_id = final_blocks.chain_id
            and walked.block_number = final_blocks.block_number
            and walked.block_hash != final_blocks.block_hash
    where final_blocks.is_told
    group by walked.chain_id

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
{%- if reads_claims_only() %}

-- what was linked to the head before, down to where the walk came
dropped as (

    select
        old_heads.chain_id,
        old_heads.block_hash,
        old_heads.block_number,
        old_heads.parent_hash
    from old_heads
    where
        not exists (
            select 1
            from standing_heads
            inner join walked on standing_heads.chain_id = walked.chain_id
            where
                walked.chain_id = old_heads.chain_id
                and walked.block_hash = old_heads.block_hash
        )
    union all
    select
        stored.chain_id,
        stored.block_hash,
        stored.block_number,
        stored.parent_hash
    from dropped
    inner join {{ this }} as stored
        on
            dropped.chain_id = stored.chain_id
            and dropped.parent_hash = stored.block_hash
    where
        stored.is_canonical
        and not exists (
            select 1
            from standing_heads
            inner join walked on standing_heads.chain_id = walked.chain_id
            where
                walked.chain_id = stored.chain_id
                and walked.block_hash = stored.block_hash
        )
        and not exists (
            select 1
            from {{ final }} as final_blocks
            where
                final_blocks.chain_id = stored.chain_id
                and final_blocks.block_hash = stored.block_hash
                and final_blocks.is_told
        )

),

touched as (

    {{ touched_units(['chain_id', 'block_number'], batches={
        read: 'block_number',
        final: 'block_number',
    }) }}
    union
    select
        chain_id,
        block_number
    from walked
    union
    select
        chain_id,
        block_number
    from dropped
    union
    -- what is above a head that has moved
    select
        stored.chain_id,
        stored.block_number
    from chains
    left join old_heads on chains.chain_id = old_heads.chain_id
    left join standing_heads on chains.chain_id = standing_heads.chain_id
    inner join {{ this }} as stored
        on
            chains.chain_id = stored.chain_id
            and stored.block_number > least(old_heads.block_number, standing_heads.head_number)
    where old_heads.block_hash is distinct from standing_heads.head_hash

),
{%- endif %}

blocks as (

    select
        blocks.chain_id,
        blocks.block_hash,
        blocks.block_number,
        blocks.parent_hash,
        blocks.block_at,
        standing_heads.head_number,
        coalesce(standing_heads.head_hash = blocks.block_hash, false) as is_head,
        final_blocks.block_hash is not null as is_final,
        coalesce(final_blocks.is_told, false) as is_told,
        standing_heads.head_hash is not null
        and (
            walked.block_hash is not null
            {%- if reads_claims_only() %}
            or (
                stored.is_canonical
                and final_blocks.block_hash is null
                and dropped.block_hash is null
            )
            {%- endif %}
        ) as is_linked
    from {{ rows_of(read, ['chain_id', 'block_number']) }} as blocks
    left join standing_heads on blocks.chain_id = standing_heads.chain_id
    left join {{ final }} as final_blocks
        on
            blocks.chain_id = final_blocks.chain_id
            and blocks.block_hash = final_blocks.block_hash
    left join walked
        on
            blocks.chain_id = walked.chain_id
            and blocks.block_hash = walked.block_hash
    {%- if reads_claims_only() %}
    left join dropped
        on
            blocks.chain_id = dropped.chain_id
            and blocks.block_hash = dropped.block_hash
    left join {{ this }} as stored
        on
            blocks.chain_id = stored.chain_id
            and blocks.block_hash = stored.block_hash
    {%- endif %}

),

counted as (

    select
        *,
        count(*) filter (where is_told) over same_number as told_count,
        count(*) filter (where is_final) over same_number as final_count,
        coalesce(bool_or(is_linked) over same_number, false) as has_linked
    from blocks
    window same_number as (partition by chain_id, block_number)

),

judged as (

    select
        chain_id,
        block_hash,
        block_number,
        parent_hash,
        block_at,
        is_head,
        final_count,
        case
            when told_count > 1
                then
                    chain.refuse(
                        'chain ' || chain_id || ': ' || told_count || ' blocks of number '
                        || block_number || ' were final, ' || chain.hex(block_hash)
                        || ' is one of them'
                    )
            when told_count = 1 then is_told
            when has_linked then is_linked is true
            when block_number > head_number then false
            when final_count = 1 then is_final
        end as is_canonical,
        told_count = 0 and not has_linked and block_number > head_number as is_above_head
    from counted

),

explained as (

    select
        chain_id,
        block_hash,
        block_number,
        parent_hash,
        block_at,
        is_head,
        is_canonical,
        case
            when is_canonical then null
            when is_above_head then 'above the head'
            when not is_canonical then 'another block of its number is canonical'
            when final_count > 1 then 'others of its number were read, and no head tells which'
            else 'neither linked to the head nor to a final block'
        end as reason,
        {{ own_batch() }} as changed_in
    from judged

)

select * from explained
