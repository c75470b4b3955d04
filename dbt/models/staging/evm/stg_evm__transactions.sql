with

source as (

    select * from {{ source('evm', 'transactions') }}

),

transactions as (

    select
        chain_id,
        block_number,
        transaction_index,
        transaction_type,
        nonce,
        gas,
        v,
        block_hash,
        transaction_hash,
        from_address,
        to_address,
        input,
        r,
        s,
        value::numeric(78, 0) as value_raw,
        gas_price::numeric(78, 0) as gas_price,
        max_fee_per_gas::numeric(78, 0) as max_fee_per_gas,
        max_priority_fee_per_gas::numeric(78, 0) as max_priority_fee_per_gas,
        max_fee_per_blob_gas::numeric(78, 0) as max_fee_per_blob_gas,
        access_list::text as access_list,
        authorization_list::text as authorization_list,
        blob_versioned_hashes::text as blob_versioned_hashes,
        extra_fields::text as extra_fields,
        receipt_status,
        receipt_gas_used,
        receipt_cumulative_gas_used,
        receipt_blob_gas_used,
        receipt_root,
        receipt_contract_address,
        receipt_effective_gas_price::numeric(78, 0) as receipt_effective_gas_price,
        receipt_blob_gas_price::numeric(78, 0) as receipt_blob_gas_price,
        receipt_extra_fields::text as receipt_extra_fields,
        receipt_request_id::text as receipt_request_id,
        request_id::text as request_id,
        endpoint::text as endpoint,
        origin::text as origin,
        received_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source

)

select * from transactions
