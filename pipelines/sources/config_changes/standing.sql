-- The last change of each row of a config table that was not deleted: what the table
-- held, as its history tells it. `bronze_config.changes` stands for the table's.
with placed as (
    select p.* from bronze_config.placed as p
),

latest as (
    select distinct on (p.row_key) p.*
    from placed as p
    where p.row_key is not null
    order by
        p.row_key asc,
        p.place desc
),

emptied as (
    select coalesce(max(p.place), 0) as place
    from placed as p
    where p.op = 't'
)

select
    l.row_key,
    l.after,
    l.effective_lsn,
    l.transaction_id,
    l.committed_at_us,
    l.topic,
    l.topic_id,
    l.topic_partition
from latest as l
cross join emptied as e
where
    l.op <> 'd'
    and l.place > e.place
order by l.row_key
