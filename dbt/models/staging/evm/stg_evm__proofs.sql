with

source as (

    select * from {{ source('evm', 'proofs') }}

),

proofs as (

    select
        chain_id,
        block_number,
        block_hash,
        proof::text as proof,
        result::text as result,
        reason::text as reason,
        request_id::text as request_id,
        endpoint::text as endpoint,
        origin::text as origin,
        received_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source

)

select * from proofs
