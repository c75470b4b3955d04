{%- set block = ['chain_id', 'block_number'] -%}
{{ config(
    unique_key=['load_id', 'delivery_file', 'delivery_row'],
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
        {'columns': block},
        {'columns': ['load_id', 'delivery_file', 'delivery_row'], 'unique': true},
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

logs as (

    select distinct
        chain_id,
        block_number,
        block_at,
        log_index,
        transaction_index,
        block_hash,
        transaction_hash,
        token as contract_address,
        event,
        flaw as reason,
        load_id,
        delivery_file,
        delivery_row,
        {{ own_batch() }} as changed_in
    from standing
    where flaw is not null

)

select * from logs
