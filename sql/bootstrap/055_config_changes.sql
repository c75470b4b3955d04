-- A batch of a stream, as of config changes, is a finished load as soon as its rows are
-- committed: it is noted in their transaction. Whoever waits for batches of bronze_<name>
-- listens on the channel bullion_<name> for the load's id.

-- Notes the load of a stream's batch, once; its batch's number. What it brought is what
-- was noted of it in ops.deliveries. It runs with its owner's rights, as note_loads.
create or replace function ops.register_stream_load(
    schema_name text, load_id text, seconds numeric
)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    new_batch bigint;
begin
    if not starts_with(register_stream_load.schema_name, 'bronze_')
        or to_regnamespace(quote_ident(register_stream_load.schema_name)) is null then
        raise exception '% is no schema of bronze',
            quote_literal(register_stream_load.schema_name);
    end if;
    if exists (
        select from pg_class as c
        where
            c.relnamespace = to_regnamespace(quote_ident(register_stream_load.schema_name))
            and c.relname = '_dlt_loads'
    ) then
        raise exception
            '% is loaded by dlt, which says itself when a load is finished',
            quote_literal(register_stream_load.schema_name);
    end if;
    if register_stream_load.load_id !~ '^[0-9]+([.][0-9]+)?$' then
        raise exception '% is not a load id', quote_literal(register_stream_load.load_id);
    end if;

    insert into ops.batches as b (feed, load_id)
    values (register_stream_load.schema_name, register_stream_load.load_id)
    returning b.batch_id into strict new_batch;

    insert into ops.loads (
        schema_name, load_id, batch_id, rows_count, bytes_count,
        requests_count, weight_spent, seconds, completed_at
    )
    select
        register_stream_load.schema_name,
        register_stream_load.load_id,
        new_batch,
        coalesce(sum(d.rows_count), 0)::bigint,
        coalesce(sum(d.bytes_count), 0)::bigint,
        0,
        0,
        register_stream_load.seconds,
        clock_timestamp()
    from ops.deliveries as d
    where
        d.schema_name = register_stream_load.schema_name
        and d.load_id = register_stream_load.load_id;

    perform pg_notify(
        left('bullion_' || substr(register_stream_load.schema_name, 8), 63),
        register_stream_load.load_id
    );
    return new_batch;
end
$$;

-- Whether a table of the schema `config` has no row; null: there is no such table. It is
-- its owner's answer, also of a table that was not published with config.publish. Of a
-- table of somebody else nothing is read with the owner's rights (docs/security.md).
create or replace function ops.is_config_table_empty(table_name text)
returns boolean
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    found_owner name;
    found_empty boolean;
begin
    select t.tableowner into found_owner
    from pg_tables as t
    where t.schemaname = 'config' and t.tablename = is_config_table_empty.table_name;
    if not found then
        return null;
    end if;
    if found_owner <> current_user then
        raise exception 'config.% belongs to %, and is not read with the rights of %',
            table_name, found_owner, current_user
            using
                errcode = 'insufficient_privilege',
                hint = format(
                    'Use: alter table config.%I owner to %I', table_name, current_user
                );
    end if;
    execute format('select not exists (select from config.%I)', table_name)
        into strict found_empty;
    return found_empty;
end
$$;

revoke all on function ops.is_config_table_empty(text) from public;
grant execute on function ops.is_config_table_empty(text) to loader;

revoke all on function ops.register_stream_load(text, text, numeric) from public;
grant execute on function ops.register_stream_load(text, text, numeric) to loader;
