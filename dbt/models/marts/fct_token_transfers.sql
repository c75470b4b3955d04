{%- set block = ['chain_id', 'block_number'] -%}
{{ config(
    unique_key=block + ['log_index', 'transfer_index'],
    pre_hook=[
        "{{ remember_scope(touched_units(batches={
            ref('int_blocks_canonical'): 'block_number',
            ref('int_blocks_read'): 'block_number',
        })) }}",
        "{{ no_nested_loops() if not reads_claims_only() }}",
    ],
    meta={
        'unit_of_work': block,
        'loses_rows': true,
        'lookups': ['stg_evm__logs', 'event_signatures', 'wrapped_natives'],
    },
    indexes=[
        {'columns': ['token_address']},
        {'columns': ['from_address']},
        {'columns': ['to_address']},
        {'columns': ['block_at']},
        {'columns': ['changed_in']},
    ],
) }}

with

blocks as (

    select * from {{ rows_of(ref('int_blocks_standing'), block) }}

),

standing as (

    {{ standing_transfers_sql(
        ref('int_transfers_decoded'), 'blocks', ref('stg_evm__logs')
    ) }}

),

transfers as (

    select
        chain_id,
        block_number,
        log_index,
        transfer_index,
        block_at,
        chain.hex(block_hash) as block_hash,
        chain.hex(transaction_hash) as transaction_hash,
        transaction_index,
        chain.hex(token) as token_address,
        token_standard,
        transfer_type,
        from_address,
        to_address,
        token_id,
        amount_raw,
        {{ own_batch() }} as changed_in
    from standing
    where flaw is null

)

select * from transfers
