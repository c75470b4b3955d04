-- The changes of a config table with their place among each other. What was streamed
-- after a snapshot's rows was committed after it was taken, though a transaction that
-- was open then had written it to the log before: its effective LSN is the snapshot's.
-- An offset that was given anew, after a log was cut, is told by Debezium's time.
-- `bronze_config.changes` stands for the table's.
with snapshots as materialized (
    select
        c.topic_id,
        c.topic_partition,
        c.lsn,
        min(c.topic_offset) as topic_offset,
        min(c.captured_at_us) as captured_at_us
    from bronze_config.changes as c
    where c.op = 'r'
    group by
        c.topic_id,
        c.topic_partition,
        c.lsn
),

placed as (
    select
        c.*,
        greatest(c.lsn, s.lsn) as effective_lsn
    from bronze_config.changes as c
    left join lateral (
        select max(e.lsn) as lsn
        from snapshots as e
        where
            c.op <> 'r'
            and e.topic_id = c.topic_id
            and e.topic_partition = c.topic_partition
            and e.lsn > c.lsn
            and e.topic_offset < c.topic_offset
            and (e.captured_at_us > c.captured_at_us) is not true
    ) as s on true
)

select
    p.op,
    p.row_key,
    p.before,
    p.after,
    p.lsn,
    p.effective_lsn,
    p.transaction_id,
    p.is_inferred,
    p.transaction_position,
    p.committed_at_us,
    p.topic,
    p.topic_id,
    p.topic_partition,
    p.received_at,
    row_number() over (
        order by
            p.effective_lsn asc,
            p.is_inferred desc,
            p.op = 'r' desc,
            p.lsn asc,
            p.transaction_position asc nulls first,
            p.topic_offset asc nulls first
    ) as place
from placed as p
