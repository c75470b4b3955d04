-- What became of each chunk, and what did it bring? $1 plan ids; none: all.
select
    chunks.chunk_id,
    chunks.plan_id,
    chunks.route,
    planned.unit,
    chunks.from_value,
    chunks.until_value,
    jsonb_array_length(chunks.files) as files_count,
    chunks.state,
    chunks.attempts_count,
    chunks.rows_count,
    chunks.requests_count,
    chunks.bytes_count,
    round(extract(epoch from chunks.ended_at - chunks.began_at), 1) as seconds,
    chunks.load_ids,
    chunks.sha256,
    chunks.reason
from ops.backfill_chunks as chunks
inner join ops.backfills as planned on chunks.plan_id = planned.plan_id
where chunks.plan_id = any($1::bigint[]) or cardinality($1::bigint[]) = 0
order by chunks.plan_id, chunks.from_value, chunks.chunk_id
