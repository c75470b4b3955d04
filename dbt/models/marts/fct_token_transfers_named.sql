{{ config(materialized='view') }}

with

transfers as (

    select
        transfers.chain_id,
        transfers.block_number,
        transfers.log_index,
        transfers.transfer_index,
        transfers.block_at,
        transfers.transaction_hash,
        transfers.token_address,
        tokens.symbol,
        transfers.token_standard,
        transfers.transfer_type,
        transfers.from_address,
        transfers.to_address,
        transfers.token_id,
        transfers.amount_raw,
        case
            when transfers.token_standard in ('erc721', 'erc1155') then transfers.amount_raw
            else transfers.amount_raw * ('1e-' || tokens.decimals)::numeric
        end as amount
    from {{ ref('fct_token_transfers') }} as transfers
    left join {{ ref('int_tokens_read') }} as tokens
        on
            transfers.chain_id = tokens.chain_id
            and transfers.token_address = tokens.token_address

)

select * from transfers
