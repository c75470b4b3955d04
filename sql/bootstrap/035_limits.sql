-- What a person's session may take of the server, and what no role needs. All of it is a
-- superuser's to set; docs/security.md says what remains where the owner is none.

-- Locks that loads use are the loaders' to take; large objects and messages in the WAL are
-- written by nobody but cdc's heartbeat.
do $$
declare
    told record;
begin
    if not (select r.rolsuper from pg_roles as r where r.rolname = current_user) then
        raise notice
            'limits of people''s sessions are not set: a superuser has to bootstrap once';
        return;
    end if;
    for told in
        select
            p.oid::regprocedure as signature,
            p.proname ~ 'advisory' as is_lock
        from pg_proc as p
        where
            p.pronamespace = 'pg_catalog'::regnamespace
            and (
                p.proname ~ '^(lo_|pg_(try_)?advisory_)'
                or p.proname in ('loread', 'lowrite', 'pg_logical_emit_message')
            )
            and has_function_privilege('public', p.oid, 'execute')
        order by p.oid
    loop
        execute format('revoke execute on function %s from public', told.signature);
        if told.is_lock then
            execute format(
                'grant execute on function %s to loader, transformer', told.signature
            );
        end if;
    end loop;
end
$$;

-- The other databases of the server are none of our roles' business. Whoever else can log
-- in there today still can: public's right becomes theirs.
do $$
declare
    other record;
    login record;
begin
    for other in
        select d.datname
        from pg_database as d
        where
            d.datname in ('postgres', 'template1')
            and d.datname <> current_database()
            and pg_has_role(d.datdba, 'usage')
            and has_database_privilege('public', d.oid, 'connect')
    loop
        for login in
            select r.rolname
            from pg_roles as r
            where
                r.rolcanlogin
                and not r.rolsuper
                and r.rolname <> 'cdc'
                and (
                    r.rolname = current_user
                    or not exists (
                        select from pg_roles as g
                        where
                            g.rolname in ('loader', 'transformer', 'analyst', 'operator')
                            and pg_has_role(r.oid, g.oid, 'member')
                    )
                )
        loop
            execute format(
                'grant connect on database %I to %I', other.datname, login.rolname
            );
        end loop;
        execute format('revoke connect on database %I from public', other.datname);
    end loop;
end
$$;

-- Whether a role is a person's: in analyst or operator, and neither loads nor transforms.
create or replace function ops.is_person(role_oid oid)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select
        (
            pg_has_role(role_oid, 'analyst', 'member')
            or pg_has_role(role_oid, 'operator', 'member')
        )
        and not pg_has_role(role_oid, 'loader', 'member')
        and not pg_has_role(role_oid, 'transformer', 'member')
$$;

-- Limits the temporary files of a person's login by a setting that it can not take off.
create or replace function ops.limit_files(login name)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    execute format(
        'alter role %I in database %I set temp_file_limit = %L',
        login, current_database(), '4GB'
    );
end
$$;

-- Whether a login reads gold and writes nothing: gold is its search path then, and its
-- transactions are read only, unless it is told otherwise.
create or replace function ops.is_reader(role_oid oid)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select
        pg_has_role(role_oid, 'analyst', 'member')
        and not pg_has_role(role_oid, 'operator', 'member')
        and ops.is_person(role_oid)
$$;

-- Gives a reader's login these defaults for all of its sessions to come.
create or replace function ops.give_reader_defaults(login name)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    execute format(
        'alter role %I in database %I set search_path = gold', login, current_database()
    );
    execute format(
        'alter role %I in database %I set default_transaction_read_only = on',
        login, current_database()
    );
end
$$;

-- Limits a session of a person as it logs in. How many there are is refused here; how long
-- a statement takes a person may set anew. Temporary files are limited by a setting of the
-- login, which `reset all` goes back to. It runs with its owner's rights, a superuser's.
create or replace function ops.limit_session()
returns event_trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    per_login constant integer := 20;
    of_all constant integer := 60;
    own_count integer;
    all_count integer;
begin
    if not ops.is_person(session_user::regrole) then
        return;
    end if;

    select count(*) filter (where a.usename = session_user), count(*)
    into own_count, all_count
    from pg_stat_activity as a
    where
        a.datname = current_database()
        and a.backend_type = 'client backend'
        and ops.is_person(a.usesysid);
    if own_count > per_login or all_count > of_all then
        raise exception
            'too many connections of people: % has % of at most %, all of them % of %',
            session_user, own_count, per_login, all_count, of_all
            using errcode = 'too_many_connections';
    end if;

    perform set_config('statement_timeout', '5min', false);
    perform set_config('idle_in_transaction_session_timeout', '5min', false);
    perform set_config('temp_file_limit', '4GB', false);
    if ops.is_reader(session_user::regrole)
        and (select s.reset_val from pg_settings as s where s.name = 'search_path')
        = '"$user", public' then
        begin
            perform ops.give_reader_defaults(session_user);
        exception
            when internal_error or unique_violation or read_only_sql_transaction then
                null;  -- as below; or the session asked to be read only
        end;
        perform set_config('search_path', 'gold', false);
        perform set_config('default_transaction_read_only', 'on', false);
    end if;
    if (select s.reset_val from pg_settings as s where s.name = 'temp_file_limit') <> '-1'
        or current_setting('transaction_read_only') = 'on' then
        return;
    end if;
    begin
        perform ops.limit_files(session_user);
    exception
        when internal_error or unique_violation then
            null;  -- another session of the login sets the same at this moment
    end;
end
$$;

revoke all on function ops.is_person(oid) from public;
revoke all on function ops.limit_files(name) from public;
revoke all on function ops.is_reader(oid) from public;
revoke all on function ops.give_reader_defaults(name) from public;
revoke all on function ops.limit_session() from public;

do $$
begin
    if (select r.rolsuper from pg_roles as r where r.rolname = current_user) then
        perform ops.limit_files(r.rolname)
        from pg_roles as r
        where
            r.rolcanlogin
            and ops.is_person(r.oid)
            and not exists (
                select
                from pg_db_role_setting as s
                inner join pg_database as d on s.setdatabase = d.oid
                cross join lateral unnest(s.setconfig) as c (setting)
                where
                    s.setrole = r.oid
                    and d.datname = current_database()
                    and starts_with(c.setting, 'temp_file_limit=')
            );
    end if;
    if (select r.rolsuper from pg_roles as r where r.rolname = current_user) then
        perform ops.give_reader_defaults(r.rolname)
        from pg_roles as r
        where
            r.rolcanlogin
            and ops.is_reader(r.oid)
            and not exists (
                select
                from pg_db_role_setting as s
                inner join pg_database as d on s.setdatabase = d.oid
                cross join lateral unnest(s.setconfig) as c (setting)
                where
                    s.setrole = r.oid
                    and d.datname = current_database()
                    and starts_with(c.setting, 'search_path=')
            );
    end if;
    if current_setting('server_version_num')::integer < 170000
        or not (select r.rolsuper from pg_roles as r where r.rolname = current_user)
        or exists (select from pg_event_trigger as e where e.evtname = 'bullion_limits') then
        return;
    end if;
    create event trigger bullion_limits on login execute function ops.limit_session();
end
$$;
