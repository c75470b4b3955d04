with

source as (

    select * from {{ source('evm', 'logs') }}

),

logs as (

    select
        chain_id,
        block_number,
        transaction_index,
        log_index,
        block_hash,
        transaction_hash,
        address,
        topic0,
        topic1,
        topic2,
        topic3,
        data,
        request_id::text as request_id,
        endpoint::text as endpoint,
        origin::text as origin,
        received_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source

)

select * from logs
