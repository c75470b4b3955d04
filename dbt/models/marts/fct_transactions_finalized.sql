{{ config(materialized='view') }}

with

transactions as (

    select * from {{ ref('fct_transactions') }}

),

final_blocks as (

    select * from {{ ref('int_blocks_finalized') }}

),

finalized as (

    select {{ contract_columns('transactions') }}
    from transactions
    inner join final_blocks
        on
            transactions.chain_id = final_blocks.chain_id
            and transactions.block_number = final_blocks.block_number
            and transactions.block_hash = chain.hex(final_blocks.block_hash)

)

select * from finalized
