{%- set block = ['chain_id', 'block_hash'] -%}
{{ config(
    unique_key=block,
    indexes=[
        {'columns': block, 'unique': true},
        {'columns': ['chain_id', 'block_number']},
        {'columns': ['changed_in']},
    ],
) }}

with recursive

touched as (

    {{ touched_units(
        block,
        batches={ref('int_blocks_read'): 'block_hash'},
        loads={
            ref('stg_evm__blocks'): 'block_hash',
            ref('stg_evm__heads'): 'block_hash',
        },
    ) }}

),

held as (

    select * from {{ rows_of(ref('int_blocks_read'), block) }} as held

),

named as (

    select
        chain_id,
        block_hash
    from {{ rows_of(ref('stg_evm__heads'), block) }} as heads
    where
        tag = 'finalized'
        and load_id in ({{ finished_loads('bronze_evm') }})

),

headers as (

    select
        chain_id,
        block_hash,
        block_number,
        load_id
    from {{ rows_of(ref('stg_evm__blocks'), block) }} as headers
    where load_id in ({{ finished_loads('bronze_evm') }})

),

-- the lowest that an endpoint called final in a load: blocks are read by number
load_ends as (

    {{ load_ends_sql('headers', ref('stg_evm__heads')) }}

),

final_hashes as (

    select
        chain_id,
        block_hash
    from named
    union
    select
        headers.chain_id,
        headers.block_hash
    from headers
    inner join load_ends
        on
            headers.load_id = load_ends.load_id
            and headers.chain_id = load_ends.chain_id
    where headers.block_number <= load_ends.final_number
    {%- if reads_claims_only() %}
    union
    select
        held.chain_id,
        held.block_hash
    from held
    inner join {{ ref('int_blocks_read') }} as children
        on
            held.chain_id = children.chain_id
            and held.block_hash = children.parent_hash
    inner join {{ this }} as final_children
        on
            children.chain_id = final_children.chain_id
            and children.block_hash = final_children.block_hash
    {%- endif %}

),

linked as (

    select
        held.chain_id,
        held.block_hash,
        held.block_number,
        held.parent_hash
    from held
    inner join final_hashes
        on
            held.chain_id = final_hashes.chain_id
            and held.block_hash = final_hashes.block_hash
    {%- if reads_claims_only() %}
    left join {{ this }} as stored
        on
            held.chain_id = stored.chain_id
            and held.block_hash = stored.block_hash
    where stored.block_hash is null
    {%- endif %}
    union
    select
        parents.chain_id,
        parents.block_hash,
        parents.block_number,
        parents.parent_hash
    from linked
    inner join {{ ref('int_blocks_read') }} as parents
        on
            linked.chain_id = parents.chain_id
            and linked.parent_hash = parents.block_hash
    {%- if reads_claims_only() %}
    left join {{ this }} as stored
        on
            parents.chain_id = stored.chain_id
            and parents.block_hash = stored.block_hash
    where stored.block_hash is null
    {%- endif %}

),

blocks as (

    select
        chain_id,
        block_hash,
        block_number,
        {{ own_batch() }} as changed_in
    from linked

)

select * from blocks
