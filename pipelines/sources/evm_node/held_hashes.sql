-- The hashes that finished loads have of a block number.
-- $1 chain id, $2 block number
select distinct b.block_hash
from {blocks} as b
where
    b.chain_id = $1
    and b.block_number = $2
    and exists (
        select from ops.loads as l
        where l.schema_name = {schema} and l.load_id = b._dlt_load_id
    )
