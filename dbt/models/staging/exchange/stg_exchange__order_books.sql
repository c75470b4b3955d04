with

source as (

    select * from {{ source('exchange', 'order_books') }}

),

snapshots as (

    select
        exchange_id::text as exchange_id,
        symbol::text as symbol,
        snapshot_at_ms,
        to_timestamp(snapshot_at_ms / 1000.0) as snapshot_at,
        update_id::text as update_id,
        to_timestamp(changed_at_ms / 1000.0) as changed_at,
        bids::text as bids,
        asks::text as asks,
        venue_now_ms,
        request_id::text as request_id,
        origin::text as origin,
        received_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row,
        contract_size as listed_contract_size
    from source

)

select * from snapshots
