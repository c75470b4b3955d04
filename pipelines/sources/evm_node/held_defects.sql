-- What finished loads have of a block's readings that were not whole, or not right: for each
-- of them its proofs that failed or lacked the receipts, with their reasons.
-- $1 chain id, $2 block hash
select array_agg(p.proof || ': ' || p.reason order by p.proof)
from {proofs} as p
where
    p.chain_id = $1
    and p.block_hash = $2
    and (p.result = 'failed' or p.reason = 'receipts missing')
    and exists (
        select from ops.loads as l
        where l.schema_name = {schema} and l.load_id = p._dlt_load_id
    )
group by p._dlt_load_id, p.request_id
