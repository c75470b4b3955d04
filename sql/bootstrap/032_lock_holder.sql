-- Who holds the advisory lock of a name: what the process calls itself, and since when.
-- It runs with its owner's rights because a role does not see what other roles do.
create or replace function ops.lock_holder(lock_name text)
returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select
        coalesce(nullif(a.application_name, ''), 'backend ' || a.pid)
        || ', since ' || to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')
        || ' UTC'
    from pg_locks as l
    inner join pg_stat_activity as a on l.pid = a.pid
    where
        l.locktype = 'advisory'
        and l.granted
        and l.objsubid = 1
        and l.database = (select d.oid from pg_database as d where d.datname = current_database())
        and ((l.classid::bigint << 32) | l.objid::bigint) = hashtextextended(lock_name, 0)
    limit 1
$$;

revoke all on function ops.lock_holder(text) from public;
grant execute on function ops.lock_holder(text) to loader, transformer;
