-- How far is each plan, and what has it brought? $1 plan ids; none: all.
select
    planned.plan_id,
    planned.scope,
    planned.subject,
    planned.feed,
    planned.unit,
    planned.from_value,
    planned.until_value,
    count(chunks.chunk_id) as chunks_count,
    count(*) filter (where chunks.state = 'done') as done_count,
    count(*) filter (where chunks.state = 'running') as running_count,
    count(*) filter (where chunks.state = 'failed') as failed_count,
    count(*) filter (where chunks.state = 'waiting') as waiting_count,
    coalesce(sum(chunks.rows_count), 0)::bigint as rows_count,
    coalesce(sum(chunks.requests_count), 0)::bigint as requests_count,
    coalesce(sum(chunks.bytes_count), 0)::bigint as bytes_count
from ops.backfills as planned
left join ops.backfill_chunks as chunks on planned.plan_id = chunks.plan_id
where
    planned.plan_id = any($1::bigint[])
    or cardinality($1::bigint[]) = 0
group by planned.plan_id
order by planned.plan_id
