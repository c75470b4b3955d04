-- A load counts when dlt's last record of it stands; here it becomes a batch. Bronze is
-- read with the caller's rights, and what was read there is handed on as values: an index,
-- a policy or a view of bronze may run whatever its owner wrote (docs/security.md).

-- Notes finished loads of a bronze schema, each once; how many were new. It runs with its
-- owner's rights: who may call it writes no ledger himself.
create or replace function ops.note_loads(
    schema_name text,
    load_ids text[],
    completed_at timestamptz[],
    requests_count bigint[],
    weight_spent bigint[]
)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    new_count integer;
begin
    with finished as (
        select f.*
        from unnest(
            note_loads.load_ids,
            note_loads.completed_at,
            note_loads.requests_count,
            note_loads.weight_spent
        ) as f (load_id, completed_at, requests_count, weight_spent)
    ),

    delivered as (
        select
            d.load_id,
            sum(d.rows_count)::bigint as rows_count,
            sum(d.bytes_count)::bigint as bytes_count
        from ops.deliveries as d
        where
            d.schema_name = note_loads.schema_name
            and d.load_id = any(note_loads.load_ids)
        group by d.load_id
    ),

    registered as (
        insert into ops.batches (feed, load_id)
        select note_loads.schema_name, f.load_id
        from finished as f
        where not exists (  -- batches are pruned when consumed
            select from ops.loads as o
            where o.schema_name = note_loads.schema_name and o.load_id = f.load_id
        )
        order by f.load_id::numeric
        on conflict (feed, load_id) do nothing
        returning batch_id, load_id
    )

    insert into ops.loads (
        schema_name, load_id, batch_id, rows_count, bytes_count,
        requests_count, weight_spent, seconds, completed_at
    )
    select
        note_loads.schema_name, f.load_id, b.batch_id,
        coalesce(d.rows_count, 0), coalesce(d.bytes_count, 0),
        f.requests_count, f.weight_spent,
        extract(epoch from f.completed_at) - f.load_id::numeric, f.completed_at
    from registered as b
    inner join finished as f on b.load_id = f.load_id
    left join delivered as d on f.load_id = d.load_id
    on conflict (schema_name, load_id) do nothing;
    get diagnostics new_count = row_count;
    return new_count;
end
$$;

-- Registers the finished loads of a bronze schema that are not registered yet; how many
-- there were.
create or replace function ops.register_loads(schema_name text)
returns integer
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    new_loads text[];
    completed timestamptz[];
    requests bigint[];
    weights bigint[];
    new_count integer;
begin
    if schema_name !~ '^bronze_[a-z0-9_]+$' then
        raise exception '% is not the name of a bronze schema', quote_literal(schema_name);
    end if;
    if to_regclass(format('%I._dlt_loads', schema_name)) is null then
        return 0;
    end if;

    -- a load may stand twice in _dlt_loads after a kill
    execute format(
        'with finished as (
            select l.load_id, min(l.inserted_at) as completed_at
            from %I._dlt_loads as l
            where
                l.status = 0
                and l.load_id ~ ''^[0-9]+([.][0-9]+)?$''
                and not exists (
                    select from ops.loads as o
                    where o.schema_name = $1 and o.load_id = l.load_id
                )
            group by l.load_id
        )

        select
            array_agg(f.load_id order by f.load_id),
            array_agg(f.completed_at order by f.load_id)
        from finished as f',
        schema_name
    ) into new_loads, completed using schema_name;
    if new_loads is null then
        return 0;
    end if;

    execute format(
        'with spent as (
            select
                r._dlt_load_id as load_id,
                count(*) as requests_count,
                sum(r.weight)::bigint as weight_spent
            from %s as r
            where r._dlt_load_id = any($1)
            group by r._dlt_load_id
        )

        select
            array_agg(coalesce(s.requests_count, 0) order by f.number),
            array_agg(coalesce(s.weight_spent, 0) order by f.number)
        from unnest($1) with ordinality as f (load_id, number)
        left join spent as s on f.load_id = s.load_id',
        coalesce(
            to_regclass(format('%I.requests', schema_name))::text,
            '(select null::text as _dlt_load_id, null::bigint as weight where false)'
        )
    ) into requests, weights using new_loads;

    new_count := ops.note_loads(schema_name, new_loads, completed, requests, weights);
    if schema_name = 'bronze_exchange' then
        perform ops.note_listings(new_loads);
    end if;
    return new_count;
end
$$;

drop function if exists ops.is_plain_table(regclass);

revoke all on function ops.note_loads(
    text, text[], timestamptz[], bigint[], bigint[]
) from public;
grant execute on function ops.note_loads(
    text, text[], timestamptz[], bigint[], bigint[]
) to loader, transformer;
revoke all on function ops.register_loads(text) from public;
grant execute on function ops.register_loads(text) to loader, transformer;
