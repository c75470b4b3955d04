{{ config(materialized='view') }}

with

tokens as (

    select
        seen.chain_id,
        seen.token_address,
        known.symbol,
        known.name,
        known.decimals,
        coalesce(known.read_status, 'unread') as read_status,
        case
            when known.read_status is null then 'its contract was not called yet'
            else known.reason
        end as reason
    from {{ ref('int_tokens_seen') }} as seen
    left join {{ ref('int_tokens_read') }} as known
        on
            seen.chain_id = known.chain_id
            and seen.contract_address = known.contract_address
    where exists (
        select 1
        from {{ ref('fct_token_transfers') }} as transfers
        where
            transfers.chain_id = seen.chain_id
            and transfers.token_address = seen.token_address
    )

)

select * from tokens
