with

source as (

    select * from {{ source('evm', 'disagreements') }}

),

disagreements as (

    select
        chain_id,
        block_number,
        block_hash,
        field::text as field_name,
        value::text as field_value,
        other_value::text as other_value,
        other_endpoint::text as other_endpoint,
        request_id::text as request_id,
        endpoint::text as endpoint,
        origin::text as origin,
        received_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source

)

select * from disagreements
