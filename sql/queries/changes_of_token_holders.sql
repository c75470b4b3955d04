-- Whose holdings of each token changed most in the last 24 hours held, and by how much?
with

last_blocks as (

    select max(block_at) as last_at
    from gold.fct_token_transfers

),

transfers as (

    select transfers.*
    from last_blocks
    inner join gold.fct_token_transfers_named as transfers
        on transfers.block_at > last_blocks.last_at - interval '24 hours'
    where
        transfers.token_standard = 'erc20'
        and transfers.from_address != transfers.to_address

),

parts as (

    select
        chain_id,
        token_address,
        symbol,
        to_address as holder_address,
        amount_raw,
        amount
    from transfers
    union all
    select
        chain_id,
        token_address,
        symbol,
        from_address as holder_address,
        -amount_raw as amount_raw,
        -amount as amount
    from transfers

),

-- tokens come from the zero address and end in it: it holds none
changes as (

    select
        chain_id,
        token_address,
        symbol,
        holder_address,
        count(*) as transfers_count,
        sum(amount_raw) as net_amount_raw,
        sum(amount) as net_amount
    from parts
    where holder_address != '0x0000000000000000000000000000000000000000'
    group by
        chain_id,
        token_address,
        symbol,
        holder_address

),

ranked as (

    select
        *,
        row_number() over (
            partition by chain_id, token_address
            order by
                abs(net_amount_raw) desc,
                holder_address asc
        ) as place
    from changes

)

select
    chain_id,
    token_address,
    symbol,
    holder_address,
    transfers_count,
    net_amount,
    net_amount_raw
from ranked
where place <= 5
order by
    chain_id,
    token_address,
    place
limit 100;
