-- Which were the largest transfers of the most transferred tokens in the last 24 hours held?
with

last_blocks as (

    select max(block_at) as last_at
    from gold.fct_token_transfers

),

transfers as (

    select
        transfers.*,
        count(*) over token as transfers_count,
        row_number() over (
            partition by transfers.chain_id, transfers.token_address
            order by
                transfers.amount_raw desc,
                transfers.block_number asc,
                transfers.log_index asc,
                transfers.transfer_index asc
        ) as place
    from last_blocks
    inner join gold.fct_token_transfers_named as transfers
        on transfers.block_at > last_blocks.last_at - interval '24 hours'
    where transfers.token_standard = 'erc20'
    window token as (partition by transfers.chain_id, transfers.token_address)

)

select
    chain_id,
    token_address,
    symbol,
    transfers_count,
    place,
    transfer_type,
    from_address,
    to_address,
    amount,
    amount_raw,
    block_at,
    transaction_hash
from transfers
where place <= 3
order by
    transfers_count desc,
    chain_id asc,
    token_address asc,
    place asc
limit 30;
