-- How often was each chain reorganised, how deep, and which transactions came back in no block?
with

dropped as (

    select
        reorgs.chain_id,
        count(distinct gone.transaction_hash) as transactions_count
    from gold.fct_reorgs as reorgs
    cross join lateral unnest(reorgs.dropped_transactions) as gone (transaction_hash)
    left join gold.fct_transactions as standing
        on
            reorgs.chain_id = standing.chain_id
            and gone.transaction_hash = standing.transaction_hash
    where standing.transaction_hash is null
    group by reorgs.chain_id

)

select
    reorgs.chain_id,
    count(*) as reorgs_count,
    max(reorgs.depth) as deepest,
    sum(reorgs.dropped_transactions_count) as dropped_count,
    sum(reorgs.moved_transactions_count) as moved_count,
    coalesce(max(dropped.transactions_count), 0) as never_came_back_count,
    max(reorgs.seen_at) as last_seen_at
from gold.fct_reorgs as reorgs
left join dropped on reorgs.chain_id = dropped.chain_id
group by reorgs.chain_id
order by reorgs.chain_id;
