-- The calls that no finished load has made of contracts which emitted one of these events,
-- by the number of the load that brought it. A call that was answered by no contract is made
-- again where one emitted later: its block may have been of a branch that gave way.
-- $1 chain id, $2 and $3 numbers of loads [from, until), $4 topics, $5 calls, $6 how many
with emitted as (
    select
        l.batch_id,
        g.address,
        max(g.block_number) as block_number
    from ops.loads as l
    inner join {logs} as g on l.load_id = g._dlt_load_id
    where
        l.schema_name = {schema}
        and l.batch_id >= $2
        and l.batch_id < $3
        and g.chain_id = $1
        and g.topic0 = any($4::bytea[])
    group by l.batch_id, g.address
)

select
    e.batch_id,
    e.address,
    e.block_number,
    c.call
from emitted as e
cross join unnest($5::text[]) as c (call)
where not exists (
    select from {reads} as r
    where
        r.chain_id = $1
        and r.contract_address = e.address
        and r.call = c.call
        and (octet_length(r.result) = 0 and r.block_number < e.block_number) is not true
        and exists (
            select from ops.loads as l
            where l.schema_name = {schema} and l.load_id = r._dlt_load_id
        )
)
order by e.batch_id, e.address, c.call
limit $6
