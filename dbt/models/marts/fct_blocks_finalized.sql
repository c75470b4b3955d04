{{ config(materialized='view') }}

with

blocks as (

    select * from {{ ref('fct_blocks') }}

),

final_blocks as (

    select * from {{ ref('int_blocks_finalized') }}

),

finalized as (

    select {{ contract_columns('blocks') }}
    from blocks
    inner join final_blocks
        on
            blocks.chain_id = final_blocks.chain_id
            and blocks.block_number = final_blocks.block_number
            and blocks.block_hash = chain.hex(final_blocks.block_hash)

)

select * from finalized
