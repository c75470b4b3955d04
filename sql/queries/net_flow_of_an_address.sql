-- What came into one address and what left it, by token, over the last 7 days held?
with

asked as (

    -- a wallet of an exchange; any address in lower case
    select '0x28c6c06298d514db089934071355e5743bf21d60' as address

),

last_blocks as (

    select max(block_at) as last_at
    from gold.fct_token_transfers

),

flows as (

    select
        transfers.chain_id,
        transfers.token_address,
        transfers.symbol,
        transfers.amount,
        transfers.to_address = asked.address as is_in
    from asked
    cross join last_blocks
    inner join gold.fct_token_transfers_named as transfers
        on
            asked.address = transfers.from_address
            or asked.address = transfers.to_address
    where
        transfers.block_at > last_blocks.last_at - interval '7 days'
        and transfers.from_address != transfers.to_address

)

select
    chain_id,
    token_address,
    symbol,
    count(*) as transfers_count,
    sum(amount) filter (where is_in) as amount_in,
    sum(amount) filter (where not is_in) as amount_out,
    sum(case when is_in then amount else -amount end) as net_amount
from flows
group by
    chain_id,
    token_address,
    symbol
order by
    transfers_count desc,
    chain_id asc,
    token_address asc;
