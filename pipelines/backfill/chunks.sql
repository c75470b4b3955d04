-- What became of each chunk, and what did it bring? $1 plan ids; none: all.
select
    chunk_id,
    plan_id,
    route,
    since_at,
    until_at,
    jsonb_array_length(files) as files_count,
    state,
    attempts_count,
    rows_count,
    requests_count,
    bytes_count,
    round(extract(epoch from ended_at - began_at), 1) as seconds,
    load_ids,
    sha256,
    reason
from ops.backfill_chunks
where plan_id = any($1::bigint[]) or cardinality($1::bigint[]) = 0
order by plan_id, since_at, chunk_id
