-- Every change of one row of a config table that bronze holds, with who made it and what
-- became of it, in their order; $1 the table's name, $2 the key.
select
    c.op,
    c.is_inferred,
    c.before,
    c.after,
    c.transaction_id,
    c.lsn,
    c.committed_at_us,
    c.received_at,
    e.login,
    e.role,
    e.application_name,
    e.captured_at,
    e.consumed_at,
    e.applied_at,
    e.first_row_at,
    e.captured_ms,
    e.consumed_ms,
    e.applied_ms,
    e.first_row_ms,
    e.outcome,
    e.reason,
    e.attempts_count
from bronze_config.placed as c
left join ops.config_effects as e
    on
        md5(c.row_key) = md5(e.row_key)
        and c.lsn = e.lsn
        and c.transaction_id is not distinct from e.transaction_id
        and c.op = e.op
        and c.transaction_position is not distinct from e.transaction_position
        and e.table_name = $1
where c.row_key = $2
order by c.place
