with

source as (

    select * from {{ source('evm', 'heads') }}

),

heads as (

    select
        chain_id,
        block_number,
        block_at_s,
        {{ block_time('block_at_s') }} as block_at,
        block_hash,
        parent_hash,
        tag::text as tag,
        request_id::text as request_id,
        endpoint::text as endpoint,
        origin::text as origin,
        received_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source

)

select * from heads
