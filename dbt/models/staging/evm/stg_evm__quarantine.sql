with

source as (

    select * from {{ source('evm', 'quarantine') }}

),

refused_rows as (

    select
        table_name::text as table_name,
        chain_id,
        block_number,
        block_hash,
        reason::text as reason,
        raw::text as raw,
        request_id::text as request_id,
        endpoint::text as endpoint,
        origin::text as origin,
        received_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source

)

select * from refused_rows
