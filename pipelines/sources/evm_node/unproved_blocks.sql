-- The numbers in [from, until) of which finished loads have readings, but none without a
-- proof that failed or lacked the receipts.
-- $1 chain id, $2 from, $3 until
select b.block_number
from {blocks} as b
cross join lateral (
    select
        exists (
            select from {proofs} as p
            where
                p.chain_id = b.chain_id
                and p.block_hash = b.block_hash
                and p._dlt_load_id = b._dlt_load_id
                and p.request_id = b.request_id
                and (p.result = 'failed' or p.reason = 'receipts missing')
        ) as is_defective
) as reading
where
    b.chain_id = $1
    and b.block_number >= $2
    and b.block_number < $3
    and exists (
        select from ops.loads as l
        where l.schema_name = {schema} and l.load_id = b._dlt_load_id
    )
group by b.block_number
having bool_and(reading.is_defective)
order by b.block_number
