{{ config(materialized='view') }}

with

canonical as (

    select * from {{ ref('int_blocks_canonical') }}

),

readings as (

    select * from {{ ref('int_blocks_read') }}

),

standing as (

    select
        canonical.chain_id,
        canonical.block_number,
        canonical.block_hash,
        canonical.block_at,
        readings.transactions_count,
        readings.logs_count,
        readings.has_unique_log_indexes,
        readings.proof_level,
        readings.proof_reason,
        readings.load_id,
        readings.request_id,
        coalesce(readings.receipt_request_id, readings.request_id) as receipt_request_id,
        readings.received_at
    from canonical
    inner join readings
        on
            canonical.chain_id = readings.chain_id
            and canonical.block_hash = readings.block_hash
    where canonical.is_canonical

)

select * from standing
