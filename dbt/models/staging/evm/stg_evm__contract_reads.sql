with

source as (

    select * from {{ source('evm', 'contract_reads') }}

),

contract_reads as (

    select
        chain_id,
        block_number,
        block_hash,
        contract_address,
        call::text as call,
        input,
        result,
        error::text as error,
        request_id::text as request_id,
        endpoint::text as endpoint,
        origin::text as origin,
        received_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source

)

select * from contract_reads
