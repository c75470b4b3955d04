{{ config(materialized='view') }}

with

final_numbers as (

    {{ final_numbers_sql(ref('int_blocks_finalized')) }}

),

transfers as (

    select
        transfers.chain_id,
        transfers.block_number,
        transfers.log_index,
        transfers.transfer_index,
        transfers.block_at,
        transfers.block_hash,
        transfers.transaction_hash,
        transfers.transaction_index,
        transfers.token_address,
        transfers.token_standard,
        transfers.transfer_type,
        transfers.from_address,
        transfers.to_address,
        transfers.token_id,
        transfers.amount_raw
    from {{ ref('fct_token_transfers') }} as transfers
    inner join final_numbers on transfers.chain_id = final_numbers.chain_id
    where transfers.block_number <= final_numbers.block_number

)

select * from transfers
