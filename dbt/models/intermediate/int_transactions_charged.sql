{{ config(materialized='view') }}

with

transactions as (

    select * from {{ ref('stg_evm__transactions') }}

),

headers as (

    select * from {{ ref('stg_evm__blocks') }}

),

chains as (

    select * from {{ ref('evm_chains') }}

),

priced as (

    select
        transactions.*,
        headers.block_at,
        coalesce(headers.base_fee_per_gas, 0) as base_fee_per_gas,
        {{ paid_gas_price() }} as effective_gas_price,
        {{ receipt_field('l1Fee') }} as l1_fee_raw,
        {{ receipt_field('l1GasUsed') }} as l1_gas_used,
        {{ receipt_field('l1GasPrice') }} as l1_gas_price,
        {{ receipt_field('l1FeeScalar', '[0-9]{1,19}(?:[.][0-9]{1,18})?') }} as l1_fee_scalar
    from transactions
    inner join headers
        on
            transactions.chain_id = headers.chain_id
            and transactions.block_hash = headers.block_hash
            and transactions.load_id = headers.load_id
            and transactions.request_id = headers.request_id

),

-- what a chain does by itself is free, and pays no base fee either
charged as (

    select
        *,
        receipt_gas_used * least(effective_gas_price, base_fee_per_gas) as base_fee_raw,
        receipt_gas_used * greatest(effective_gas_price - base_fee_per_gas, 0) as tip_raw,
        case
            when receipt_gas_used is not null
                then coalesce(receipt_blob_gas_used * receipt_blob_gas_price, 0)
        end as blob_fee_raw
    from priced

),

summed as (

    select
        charged.chain_id,
        charged.block_number,
        charged.block_hash,
        charged.transaction_index,
        charged.transaction_hash,
        charged.transaction_type,
        charged.nonce,
        charged.from_address,
        charged.to_address,
        charged.value_raw,
        charged.input,
        charged.gas,
        charged.gas_price,
        charged.max_fee_per_gas,
        charged.max_priority_fee_per_gas,
        charged.max_fee_per_blob_gas,
        charged.receipt_status,
        charged.receipt_gas_used,
        charged.receipt_cumulative_gas_used,
        charged.receipt_blob_gas_used,
        charged.receipt_blob_gas_price,
        charged.receipt_root,
        charged.receipt_contract_address,
        charged.block_at,
        charged.effective_gas_price,
        charged.base_fee_raw,
        charged.tip_raw,
        charged.blob_fee_raw,
        charged.l1_fee_raw,
        charged.l1_gas_used,
        charged.l1_gas_price,
        charged.l1_fee_scalar,
        charged.request_id,
        charged.load_id,
        charged.delivery_file,
        charged.delivery_row,
        charged.base_fee_raw + charged.tip_raw + charged.blob_fee_raw
        + coalesce(charged.l1_fee_raw, 0) as fee_raw,
        case
            when chains.burns_base_fee then charged.base_fee_raw
            when not chains.burns_base_fee then 0 * charged.base_fee_raw
        end as burnt_raw
    from charged
    left join chains on charged.chain_id = chains.chain_id

)

select * from summed
