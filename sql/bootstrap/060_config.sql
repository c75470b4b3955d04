-- The configuration: tables of the schema `config`, which the role `operator` writes and
-- the role `cdc` streams. One call declares a table of it: select config.publish('…').
create schema if not exists config;
create schema if not exists cdc;

-- Debezium's login. It has no password until `bullion up` gives it one at each start.
do $$
begin
    if not exists (select from pg_roles as r where r.rolname = 'cdc') then
        create role cdc login;
    end if;
exception
    when insufficient_privilege then
        raise notice
            'changes of config are not streamed: a superuser has to run '
            '"create role cdc login replication", then bootstrap again';
end
$$;

do $$
begin
    if exists (select from pg_roles as r where r.rolname = 'cdc' and r.rolsuper) then
        raise exception 'role cdc exists and is a superuser'
            using hint = 'Bullion needs it as a login that only reads config: rename it';
    end if;
    if exists (
        select from pg_roles as r
        where r.rolname = 'cdc' and not (r.rolcanlogin and r.rolreplication)
    ) then
        alter role cdc login replication;
    end if;
exception
    when insufficient_privilege then
        raise notice
            'changes of config are not streamed: a superuser has to run '
            '"alter role cdc login replication"';
end
$$;

-- A slot keeps the WAL of every transaction that may still run, by what the server notes
-- of them each 15 s. Noted with each heartbeat, a slot keeps less while bulk loads run.
-- Null where this login may not: it takes a superuser, or his grant.
create or replace function cdc.note_running_transactions()
returns pg_lsn
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if has_function_privilege('pg_log_standby_snapshot()', 'execute') then
        return pg_log_standby_snapshot();
    end if;
    return null;
end
$$;

revoke all on function cdc.note_running_transactions() from public;

do $$
begin
    if exists (select from pg_roles as r where r.rolname = 'cdc') then
        execute format('grant connect on database %I to cdc', current_database());
        grant usage on schema config to cdc;
        -- the connector's offsets: its own table, which it makes
        grant usage, create on schema cdc to cdc;
        grant execute on function cdc.note_running_transactions() to cdc;
    end if;
end
$$;

-- The heartbeat is a message in the WAL, which 035 keeps from everybody else.
do $$
declare
    told record;
begin
    for told in
        select p.oid::regprocedure as signature
        from pg_proc as p
        where
            p.pronamespace = 'pg_catalog'::regnamespace
            and p.proname = 'pg_logical_emit_message'
            and exists (select from pg_roles as r where r.rolname = 'cdc')
            and (select r.rolsuper from pg_roles as r where r.rolname = current_user)
    loop
        execute format('grant execute on function %s to cdc', told.signature);
    end loop;
end
$$;

grant usage on schema config to operator, loader;

-- A removal is a change of one row, so that its history tells what was removed.
create or replace function config.refuse_truncate()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception '% is not truncated, because its history would not say which rows went',
        tg_relid::regclass
        using
            errcode = 'restrict_violation',
            hint = format('Use: delete from %s', tg_relid::regclass);
end
$$;

-- Notes who makes the transaction that changes the configuration, once. It runs with its
-- owner's rights, which are not the writer's: whoever may write config is noted. A
-- statement that changed no row has no transaction's number, and nothing to note.
create or replace function config.note_author()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into ops.config_authors (transaction_id, login, role, application_name)
    select
        pg_current_xact_id_if_assigned()::text::bigint,
        session_user,
        nullif(current_setting('role'), 'none'),
        nullif(current_setting('application_name'), '')
    where pg_current_xact_id_if_assigned() is not null
    on conflict (transaction_id) do nothing;
    return null;
end
$$;

-- Takes a table into the configuration: whole rows in the log, the publication, what
-- operator, loader and cdc may do, no truncation, who changes it noted. Idempotent; for
-- the table's owner.
create or replace function config.publish(relation regclass)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    told pg_class;
begin
    select c.* into strict told from pg_class as c where c.oid = relation;
    if told.relnamespace <> 'config'::regnamespace
        or told.relkind <> 'r'
        or told.relpersistence <> 'p' then
        raise exception '% is no plain table of the schema config', relation
            using errcode = 'wrong_object_type';
    end if;
    if told.relname in ('pages', 'quarantine', 'mended') then
        raise exception
            'a table of config can not be called %: bronze_config has one for the stream itself',
            told.relname
            using errcode = 'reserved_name';
    end if;
    if not exists (
        select from pg_index as i
        where i.indrelid = relation and i.indisprimary
    ) then
        raise exception
            '% has no primary key: a change of it could not say which row it is of', relation
            using errcode = 'invalid_table_definition';
    end if;

    if told.relreplident <> 'f' then
        execute format('alter table %s replica identity full', relation);
    end if;
    if not exists (select from pg_publication as p where p.pubname = 'bullion_config') then
        execute format('create publication bullion_config for table %s', relation);
    elsif not exists (
        select from pg_publication_tables as t
        where
            t.pubname = 'bullion_config'
            and t.schemaname = 'config'
            and t.tablename = told.relname
    ) then
        execute format('alter publication bullion_config add table %s', relation);
    end if;
    if not exists (
        select from pg_trigger as t
        where t.tgrelid = relation and t.tgname = 'refuse_truncate'
    ) then
        execute format(
            'create trigger refuse_truncate before truncate on %s
            for each statement execute function config.refuse_truncate()',
            relation
        );
    end if;
    if not exists (
        select from pg_trigger as t
        where t.tgrelid = relation and t.tgname = 'note_author'
    ) then
        execute format(
            'create trigger note_author after insert or update or delete on %s
            for each statement execute function config.note_author()',
            relation
        );
    end if;

    -- truncate, so that the trigger says why not
    execute format(
        'grant select, insert, update, delete, truncate on %s to operator', relation
    );
    execute format('grant select on %s to loader', relation);
    if exists (select from pg_roles as r where r.rolname = 'cdc') then
        execute format('grant select on %s to cdc', relation);
    end if;
end
$$;

revoke all on function config.refuse_truncate() from public;
revoke all on function config.note_author() from public;
revoke all on function config.publish(regclass) from public;
