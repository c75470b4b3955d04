{%- set moment = ['chain_id', 'seen_at'] -%}
{%- set kept = {
    'dropped': 'is_of_old and not is_of_new',
    'added': 'is_of_new and not is_of_old',
    'moved': 'is_of_old and is_of_new',
} -%}
{{ config(
    unique_key=moment + ['endpoint', 'seen_hash'],
    pre_hook=[
        "{{ remember_scope(changed_reorgs_sql(
            ref('int_heads_followed'), ref('int_blocks_read')
        )) }}",
        "{{ no_nested_loops() if not reads_claims_only() }}",
    ],
    meta={
        'unit_of_work': moment,
        'loses_rows': true,
        'lookups': ['stg_evm__transactions'],
    },
    indexes=[
        {'columns': ['dropped_blocks'], 'type': 'gin'},
        {'columns': ['added_blocks'], 'type': 'gin'},
        {'columns': ['dropped_transactions'], 'type': 'gin'},
        {'columns': ['changed_in']},
    ],
) }}

with recursive

moves as (

    select
        chain_id,
        seen_at,
        endpoint,
        block_hash as seen_hash,
        head_move,
        head_hash,
        head_number,
        previous_hash,
        previous_number,
        ancestor_hash,
        ancestor_number
    from {{ rows_of(ref('int_heads_followed'), moment) }} as followed
    where head_move in ('reorganised', 'rolled back')

),

-- from both heads down to the block that they have in common; `place` ends any walk
branches as (

    select
        moves.chain_id,
        moves.seen_at,
        moves.endpoint,
        moves.seen_hash,
        moves.ancestor_number,
        sides.is_old,
        sides.head_number as place,
        blocks.block_hash,
        blocks.parent_hash,
        blocks.load_id,
        blocks.request_id
    from moves
    cross join
        lateral (
            values
            (true, moves.previous_hash, moves.previous_number),
            (false, moves.head_hash, moves.head_number)
        ) as sides (is_old, head_hash, head_number)
    inner join {{ ref('int_blocks_read') }} as blocks
        on
            moves.chain_id = blocks.chain_id
            and sides.head_hash = blocks.block_hash
    where sides.head_number > moves.ancestor_number
    union all
    select
        branches.chain_id,
        branches.seen_at,
        branches.endpoint,
        branches.seen_hash,
        branches.ancestor_number,
        branches.is_old,
        branches.place - 1 as place,
        blocks.block_hash,
        blocks.parent_hash,
        blocks.load_id,
        blocks.request_id
    from branches
    inner join {{ ref('int_blocks_read') }} as blocks
        on
            branches.chain_id = blocks.chain_id
            and branches.parent_hash = blocks.block_hash
    where branches.place - 1 > branches.ancestor_number

),

readings as (

    select distinct
        chain_id,
        block_hash,
        load_id,
        request_id
    from branches

),

transactions as (

    select
        chain_id,
        block_hash,
        transaction_hash
    from {{ rows_of_readings(ref('stg_evm__transactions'), 'readings') }}

),

sided as (

    select
        branches.chain_id,
        branches.seen_at,
        branches.endpoint,
        branches.seen_hash,
        chain.hex(transactions.transaction_hash) as transaction_hash,
        bool_or(branches.is_old) as is_of_old,
        bool_or(not branches.is_old) as is_of_new
    from branches
    inner join transactions
        on
            branches.chain_id = transactions.chain_id
            and branches.block_hash = transactions.block_hash
    group by
        branches.chain_id,
        branches.seen_at,
        branches.endpoint,
        branches.seen_hash,
        transactions.transaction_hash

),

changed_transactions as (

    select
        {%- for name, condition in kept.items() %}
        array_agg(transaction_hash order by transaction_hash) filter (where {{ condition }})
            as {{ name }}_transactions,
        {%- endfor %}
        chain_id,
        seen_at,
        endpoint,
        seen_hash
    from sided
    group by
        chain_id,
        seen_at,
        endpoint,
        seen_hash

),

changed_blocks as (

    select
        chain_id,
        seen_at,
        endpoint,
        seen_hash,
        array_agg(chain.hex(block_hash) order by block_hash) filter (where is_old)
            as dropped_blocks,
        array_agg(chain.hex(block_hash) order by block_hash) filter (where not is_old)
            as added_blocks
    from branches
    group by
        chain_id,
        seen_at,
        endpoint,
        seen_hash

),

gathered as (

    select
        {%- for name in kept %}
        coalesce(changed_transactions.{{ name }}_transactions, '{}') as {{ name }}_transactions,
        {%- endfor %}
        coalesce(changed_blocks.dropped_blocks, '{}') as dropped_blocks,
        coalesce(changed_blocks.added_blocks, '{}') as added_blocks,
        moves.*
    from moves
    {% for parts in ['changed_blocks', 'changed_transactions'] -%}
    left join {{ parts }}
        on
            moves.chain_id = {{ parts }}.chain_id
            and moves.seen_at = {{ parts }}.seen_at
            and moves.endpoint = {{ parts }}.endpoint
            and moves.seen_hash = {{ parts }}.seen_hash
    {% endfor %}

),

reorgs as (

    select
        chain_id,
        seen_at,
        endpoint,
        chain.hex(seen_hash) as seen_hash,
        head_move,
        previous_number - ancestor_number as depth,
        ancestor_number,
        chain.hex(ancestor_hash) as ancestor_hash,
        previous_number as old_head_number,
        chain.hex(previous_hash) as old_head_hash,
        head_number as new_head_number,
        chain.hex(head_hash) as new_head_hash,
        {%- for name in ['dropped_blocks', 'added_blocks', 'dropped_transactions',
            'added_transactions', 'moved_transactions'] %}
        cardinality({{ name }})::bigint as {{ name }}_count,
        {{ name }},
        {%- endfor %}
        {{ own_batch() }} as changed_in
    from gathered

)

select * from reorgs
