with

source as (

    select * from {{ source('evm', 'blocks') }}

),

blocks as (

    select
        chain_id,
        block_number,
        block_at_s,
        {{ block_time('block_at_s') }} as block_at,
        gas_limit,
        gas_used,
        transactions_count,
        logs_count,
        size_bytes,
        blob_gas_used,
        excess_blob_gas,
        block_hash,
        parent_hash,
        sha3_uncles,
        miner,
        state_root,
        transactions_root,
        receipts_root,
        logs_bloom,
        extra_data,
        mix_hash,
        nonce,
        withdrawals_root,
        parent_beacon_block_root,
        requests_hash,
        difficulty::numeric(78, 0) as difficulty,
        total_difficulty::numeric(78, 0) as total_difficulty,
        base_fee_per_gas::numeric(78, 0) as base_fee_per_gas,
        uncles::text as uncles,
        withdrawals::text as withdrawals,
        extra_fields::text as extra_fields,
        request_id::text as request_id,
        endpoint::text as endpoint,
        origin::text as origin,
        received_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source

)

select * from blocks
