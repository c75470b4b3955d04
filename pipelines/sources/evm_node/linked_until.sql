-- How far back the blocks of finished loads are linked from one of them on, by parent
-- hashes: the lowest, and its parent. Nothing: the block is not held.
-- $1 chain id, $2 block hash, $3 the lowest number to look at
with recursive linked as (
    (
        select
            b.block_number,
            b.parent_hash
        from {blocks} as b
        where
            b.chain_id = $1
            and b.block_hash = $2
            and exists (
                select from ops.loads as l
                where l.schema_name = {schema} and l.load_id = b._dlt_load_id
            )
        limit 1
    )
    union all
    select
        parent.block_number,
        parent.parent_hash
    from linked
    cross join lateral (
        select
            b.block_number,
            b.parent_hash
        from {blocks} as b
        where
            b.chain_id = $1
            and b.block_hash = linked.parent_hash
            and exists (
                select from ops.loads as l
                where l.schema_name = {schema} and l.load_id = b._dlt_load_id
            )
        limit 1
    ) as parent
    where linked.block_number > $3
)

select
    block_number,
    parent_hash
from linked
order by block_number
limit 1
