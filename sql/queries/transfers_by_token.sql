-- Which tokens moved most often in the newest hour of each chain, and how?
with

newest as (

    select
        chain_id,
        max(block_at) as newest_at
    from gold.fct_token_transfers
    group by chain_id

),

moved as (

    select
        transfers.chain_id,
        transfers.token_address,
        transfers.token_standard,
        count(*) as transfers_count,
        count(*) filter (where transfers.transfer_type = 'mint') as mints_count,
        count(*) filter (where transfers.transfer_type = 'burn') as burns_count
    from gold.fct_token_transfers as transfers
    inner join newest
        on
            transfers.chain_id = newest.chain_id
            and transfers.block_at > newest.newest_at - interval '1 hour'
    group by
        transfers.chain_id,
        transfers.token_address,
        transfers.token_standard

)

select
    moved.chain_id,
    tokens.symbol,
    moved.token_address,
    moved.token_standard,
    moved.transfers_count,
    moved.mints_count,
    moved.burns_count
from moved
left join gold.dim_tokens as tokens
    on
        moved.chain_id = tokens.chain_id
        and moved.token_address = tokens.token_address
order by
    moved.transfers_count desc,
    moved.chain_id asc,
    moved.token_address asc;
