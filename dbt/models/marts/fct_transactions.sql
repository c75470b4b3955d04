{%- set number = ['chain_id', 'block_number'] -%}
{{ config(
    unique_key=number + ['transaction_index'],
    pre_hook=[
        "{{ remember_scope(touched_units(batches={
            ref('int_blocks_canonical'): 'block_number',
            ref('int_blocks_read'): 'block_number',
        })) }}",
        "{{ no_nested_loops() if not reads_claims_only() }}",
    ],
    meta={
        'unit_of_work': number,
        'loses_rows': true,
        'lookups': ['int_transactions_charged'],
    },
    indexes=[
        {'columns': ['chain_id', 'transaction_hash']},
        {'columns': ['chain_id', 'from_address']},
        {'columns': ['chain_id', 'to_address']},
        {'columns': ['chain_id', 'block_at']},
        {'columns': ['changed_in']},
    ],
) }}

with

blocks as (

    select * from {{ rows_of(ref('int_blocks_standing'), number) }}

),

charged as (

    select * from {{ rows_of_readings(ref('int_transactions_charged'), 'blocks') }}

),

transactions as (

    select
        chain_id,
        block_number,
        transaction_index,
        block_at,
        chain.hex(block_hash) as block_hash,
        chain.hex(transaction_hash) as transaction_hash,
        transaction_type,
        nonce,
        chain.hex(from_address) as from_address,
        chain.hex(to_address) as to_address,
        chain.hex(receipt_contract_address) as contract_address,
        value_raw,
        chain.hex(input) as input,
        receipt_status as status,
        chain.hex(receipt_root) as state_root,
        gas as gas_limit,
        receipt_gas_used as gas_used,
        receipt_cumulative_gas_used as cumulative_gas_used,
        gas_price,
        max_fee_per_gas,
        max_priority_fee_per_gas,
        effective_gas_price::numeric(78, 0) as effective_gas_price,
        {%- for fee in ['fee', 'base_fee', 'burnt', 'tip', 'blob_fee', 'l1_fee'] %}
        {{ fitting(fee ~ '_raw', 'numeric(78, 0)') }} as {{ fee }}_raw,
        {%- endfor %}
        receipt_blob_gas_used as blob_gas_used,
        receipt_blob_gas_price as blob_gas_price,
        max_fee_per_blob_gas,
        l1_gas_used::numeric(78, 0) as l1_gas_used,
        l1_gas_price::numeric(78, 0) as l1_gas_price,
        l1_fee_scalar::numeric(38, 18) as l1_fee_scalar,
        {{ own_batch() }} as changed_in
    from charged

)

select * from transactions
