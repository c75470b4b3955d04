-- The last change of each row of a config table that was not deleted: what the table
-- held, as its history tells it. `bronze_config.changes` stands for the table's.
with latest as (
    select distinct on (c.row_key)
        c.row_key,
        c.op,
        c.after,
        c.lsn,
        c.transaction_id,
        c.committed_at_us,
        c.topic,
        c.topic_id,
        c.topic_partition
    from bronze_config.changes as c
    where c.row_key is not null
    order by
        c.row_key asc,
        c.lsn desc,
        c.is_inferred asc,
        c.transaction_position desc nulls last,
        c.topic_offset desc
)

select
    l.row_key,
    l.after,
    l.lsn,
    l.transaction_id,
    l.committed_at_us
from latest as l
where
    l.op <> 'd'
    and not exists (
        select from bronze_config.changes as t
        where t.op = 't' and t.lsn > l.lsn
    )
order by l.row_key
