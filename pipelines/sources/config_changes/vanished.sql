-- The deletes that a whole snapshot implies: rows of a config table whose last change
-- stands before it. `bronze_config.changes` stands for the table's; $1 the snapshot's
-- LSN, $2 origin, $3 received at, $4 load id, $5 delivery file.
with vanished as (
    select s.*
    from bronze_config.standing as s
    where s.effective_lsn < $1
)

insert into bronze_config.changes (
    op,
    row_key,
    before,
    lsn,
    is_inferred,
    topic,
    topic_id,
    topic_partition,
    origin,
    received_at,
    _dlt_load_id,
    delivery_file,
    delivery_row
)
select
    'd' as op,
    v.row_key,
    v.after,
    $1 as lsn,
    true as is_inferred,
    v.topic,
    v.topic_id,
    v.topic_partition,
    $2 as origin,
    $3 as received_at,
    $4 as _dlt_load_id,
    $5 as delivery_file,
    row_number() over (order by v.row_key asc) as delivery_row
from vanished as v
on conflict do nothing
