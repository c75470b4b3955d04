-- A load counts when dlt's last record of it stands; here it becomes a batch.

-- Whether reading the relation runs no code of its owner's: a plain table without row
-- security, all of whose columns have built-in types.
create or replace function ops.is_plain_table(relation regclass)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select
        c.relkind = 'r'
        and not c.relrowsecurity
        and not exists (
            select
            from pg_attribute as a
            inner join pg_type as t on a.atttypid = t.oid
            where
                a.attrelid = c.oid
                and a.attnum > 0
                and not a.attisdropped
                and t.typnamespace <> 'pg_catalog'::regnamespace
        )
    from pg_class as c
    where c.oid = relation
$$;

-- Registers the finished loads of a bronze schema that are not registered yet; how many
-- there were. It runs with its owner's rights, hence the care about what it reads.
create or replace function ops.register_loads(schema_name text)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    loads_table regclass := to_regclass(format('%I._dlt_loads', schema_name));
    requests_table regclass := to_regclass(format('%I.requests', schema_name));
    new_loads text[];
    new_count integer;
begin
    if schema_name !~ '^bronze_[a-z0-9_]+$' then
        raise exception '% is not the name of a bronze schema', quote_literal(schema_name);
    end if;
    if loads_table is null then
        return 0;
    end if;
    if not ops.is_plain_table(loads_table) then
        raise exception '% is not a plain table', loads_table;
    end if;
    if requests_table is not null and not ops.is_plain_table(requests_table) then
        raise exception '% is not a plain table', requests_table;
    end if;

    -- a load may stand twice in _dlt_loads after a kill
    execute format(
        'select array_agg(distinct l.load_id) from %s as l
        where
            l.status = 0
            and l.load_id ~ ''^[0-9]+([.][0-9]+)?$''
            and not exists (
                select from ops.loads as o  -- batches are pruned when consumed
                where o.schema_name = %L and o.load_id = l.load_id
            )',
        loads_table,
        schema_name
    ) into new_loads;
    if new_loads is null then
        return 0;
    end if;

    execute format(
        'with finished as (
            select
                l.load_id,
                min(l.inserted_at) as completed_at
            from %s as l
            where l.status = 0 and l.load_id = any($1)
            group by l.load_id
        ),

        delivered as (
            select
                d.load_id,
                sum(d.rows_count)::bigint as rows_count,
                sum(d.bytes_count)::bigint as bytes_count
            from ops.deliveries as d
            where d.schema_name = $2 and d.load_id = any($1)
            group by d.load_id
        ),

        spent as (
            select
                r._dlt_load_id as load_id,
                count(*) as requests_count,
                sum(r.weight)::bigint as weight_spent
            from %s as r
            where r._dlt_load_id = any($1)
            group by r._dlt_load_id
        ),

        registered as (
            insert into ops.batches (feed, load_id)
            select $2, f.load_id from finished as f order by f.load_id::numeric
            on conflict (feed, load_id) do nothing
            returning batch_id, load_id
        )

        insert into ops.loads (
            schema_name, load_id, batch_id, rows_count, bytes_count,
            requests_count, weight_spent, seconds, completed_at
        )
        select
            $2, f.load_id, b.batch_id,
            coalesce(d.rows_count, 0), coalesce(d.bytes_count, 0),
            coalesce(s.requests_count, 0), coalesce(s.weight_spent, 0),
            extract(epoch from f.completed_at) - f.load_id::numeric, f.completed_at
        from registered as b
        inner join finished as f on b.load_id = f.load_id
        left join delivered as d on f.load_id = d.load_id
        left join spent as s on f.load_id = s.load_id
        on conflict (schema_name, load_id) do nothing',
        loads_table,
        coalesce(
            requests_table::text,
            '(select null::text as _dlt_load_id, null::bigint as weight where false)'
        )
    ) using new_loads, schema_name;
    get diagnostics new_count = row_count;
    return new_count;
end
$$;

revoke all on function ops.is_plain_table(regclass) from public;
revoke all on function ops.register_loads(text) from public;
grant execute on function ops.register_loads(text) to loader, transformer;
