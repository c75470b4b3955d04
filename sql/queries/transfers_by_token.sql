-- Which tokens moved most often in the newest hour of each chain, and how?
with

newest as (

    select
        chain_id,
        max(block_at) as newest_at
    from gold.fct_token_transfers
    group by chain_id

)

select
    transfers.chain_id,
    transfers.token_address,
    transfers.token_standard,
    count(*) as transfers_count,
    count(*) filter (where transfers.transfer_type = 'mint') as mints_count,
    count(*) filter (where transfers.transfer_type = 'burn') as burns_count,
    count(distinct transfers.to_address) as receivers_count
from gold.fct_token_transfers as transfers
inner join newest
    on
        transfers.chain_id = newest.chain_id
        and transfers.block_at > newest.newest_at - interval '1 hour'
group by
    transfers.chain_id,
    transfers.token_address,
    transfers.token_standard
order by
    transfers_count desc,
    transfers.chain_id asc,
    transfers.token_address asc;
