-- Proof of effect: who changed the configuration, and what became of each change.
-- docs/decisions/0008-the-tables-configure-the-stream-tells-when.md

create table if not exists ops.config_authors (
    transaction_id bigint primary key,
    login text not null,
    role text,
    application_name text,
    noted_at timestamptz not null default clock_timestamp()
);

-- the log carries the lower 32 bits of a transaction's number
create index if not exists config_authors_xid_idx
on ops.config_authors ((transaction_id & 4294967295));

create table if not exists ops.config_effects (
    effect_id bigint generated always as identity primary key,
    table_name text not null,
    row_key text not null,
    op text not null check (op in ('c', 'u', 'd')),
    is_inferred boolean not null default false,
    lsn bigint not null,
    transaction_id bigint,
    transaction_position bigint,
    login text,
    role text,
    application_name text,
    changes jsonb not null,
    committed_at timestamptz,
    captured_at timestamptz,
    consumed_at timestamptz not null,
    load_id text not null,
    outcome text not null default 'waiting'
    check (outcome in ('waiting', 'applied', 'rejected', 'overtaken')),
    reason text,
    attempts_count integer not null default 0,
    applied_at timestamptz,
    applied_by text,
    first_row_at timestamptz,
    first_load_id text,
    captured_ms numeric generated always as (
        round(extract(epoch from captured_at - committed_at) * 1000, 3)
    ) stored,
    consumed_ms numeric generated always as (
        round(extract(epoch from consumed_at - committed_at) * 1000, 3)
    ) stored,
    applied_ms numeric generated always as (
        round(extract(epoch from applied_at - committed_at) * 1000, 3)
    ) stored,
    first_row_ms numeric generated always as (
        round(extract(epoch from first_row_at - committed_at) * 1000, 3)
    ) stored,
    check (outcome <> 'rejected' or coalesce(reason, '') <> '')
);

-- a key may be longer than an entry of an index
create unique index if not exists config_effects_identity_idx
on ops.config_effects (
    table_name, md5(row_key), lsn, transaction_id, op, transaction_position
) nulls not distinct;
create index if not exists config_effects_open_idx
on ops.config_effects (effect_id) where outcome in ('waiting', 'rejected');

comment on table ops.config_authors is
'One row: a transaction that changed the configuration, and who made it.';
comment on column ops.config_authors.transaction_id is
'All 64 bits of it, as pg_current_xact_id() gives them.';
comment on column ops.config_authors.role is
'The role that the login had assumed; null: none.';
comment on table ops.config_effects is
'One row: a change of a row of a config table, who made it, and what became of it.';
comment on column ops.config_effects.row_key is
'The values of the primary key as a JSON array, as in bronze_config.';
comment on column ops.config_effects.op is
'c added, u changed, d removed.';
comment on column ops.config_effects.is_inferred is
'Nobody saw the removal: a later snapshot did not have the row any more.';
comment on column ops.config_effects.login is
'Who made it; null: not known, as of what was only inferred.';
comment on column ops.config_effects.changes is
'Old and new of each column that changed; decimals are text.';
comment on column ops.config_effects.captured_at is
'When Debezium took it from the log.';
comment on column ops.config_effects.consumed_at is
'When bronze took it in.';
comment on column ops.config_effects.outcome is
'overtaken: a later change of the row came before this one was applied.';
comment on column ops.config_effects.reason is
'Why it was not applied when it was last tried.';
comment on column ops.config_effects.first_row_at is
'When the first row was loaded because of it.';
comment on column ops.config_effects.captured_ms is
'Milliseconds since its commit, as the other three.';

-- Notes changes of a table that a load of bronze_config brought, each once, whatever is
-- delivered again. How many. It runs with its owner's rights.
--
-- Of one row's changes the last alone is open, in the order of the log: what the load
-- brought is held against the last that was noted before, whichever came first.
create or replace function ops.note_effects_of(
    table_name text, load_id text, landed jsonb
)
returns bigint
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
    with landed as materialized (
        select
            c.*,
            timestamptz 'epoch' + c.committed_at_us * interval '1 microsecond'
                as committed_at,
            timestamptz 'epoch' + c.captured_at_us * interval '1 microsecond'
                as captured_at,
            1 = row_number() over (
                partition by c.row_key
                order by
                    c.lsn desc,
                    c.is_inferred asc,
                    c.transaction_position desc nulls last,
                    c.topic_offset desc
            ) as is_last
        from jsonb_to_recordset(note_effects_of.landed) as c (
            row_key text,
            op text,
            is_inferred boolean,
            lsn bigint,
            transaction_id bigint,
            transaction_position bigint,
            topic_offset bigint,
            before text,
            after text,
            committed_at_us bigint,
            captured_at_us bigint
        )
    ),

    placed as materialized (
        select
            l.*,
            b.effect_id as before_id,
            coalesce(
                (b.lsn, not b.is_inferred, coalesce(b.transaction_position, -1))
                > (l.lsn, not l.is_inferred, coalesce(l.transaction_position, -1)),
                false
            ) as is_late,
            (b.lsn, b.op, b.transaction_id, b.transaction_position)
            is not distinct from
            (l.lsn, l.op, l.transaction_id, l.transaction_position) as is_noted
        from landed as l
        left join lateral (
            select e.*
            from ops.config_effects as e
            where
                e.table_name = note_effects_of.table_name
                and md5(e.row_key) = md5(l.row_key)
                and e.row_key = l.row_key
            order by
                e.lsn desc,
                e.is_inferred asc,
                e.transaction_position desc nulls last,
                e.effect_id desc
            limit 1
        ) as b on l.is_last
    ),

    noted as (
        insert into ops.config_effects (
            table_name, row_key, op, is_inferred,
            lsn, transaction_id, transaction_position,
            login, role, application_name,
            changes, committed_at, captured_at, consumed_at, load_id, outcome
        )
        select
            note_effects_of.table_name, p.row_key, p.op, p.is_inferred,
            p.lsn, p.transaction_id, p.transaction_position,
            a.login, a.role, a.application_name,
            d.changes, p.committed_at, p.captured_at, clock_timestamp(), note_effects_of.load_id,
            case when p.is_last and not p.is_late then 'waiting' else 'overtaken' end
        from placed as p
        left join lateral (
            select o.login, o.role, o.application_name
            from ops.config_authors as o
            where (o.transaction_id & 4294967295) = (p.transaction_id & 4294967295)
            order by (o.noted_at <= p.committed_at) desc, o.noted_at desc
            limit 1
        ) as a on true
        cross join lateral (
            -- what jsonb can not hold, a number out of its bounds, is in bronze
            select
                case when pg_input_is_valid(p.before, 'jsonb') then p.before::jsonb end
                    as was,
                case when pg_input_is_valid(p.after, 'jsonb') then p.after::jsonb end
                    as became
            offset 0
        ) as i
        cross join lateral (
            select
                coalesce(
                    jsonb_object_agg(
                        n.name,
                        jsonb_build_array(i.was -> n.name, i.became -> n.name)
                    ),
                    '{}'
                ) as changes
            from jsonb_object_keys(
                coalesce(i.was, '{}') || coalesce(i.became, '{}')
            ) as n (name)
            where (i.was -> n.name) is distinct from (i.became -> n.name)
        ) as d
        order by
            p.lsn, p.is_inferred desc, p.transaction_position nulls first,
            p.topic_offset
        on conflict do nothing
        returning effect_id
    ),

    overtaken as (
        update ops.config_effects as e
        set outcome = 'overtaken'
        where
            e.effect_id = any(
                array(
                    select p.before_id
                    from placed as p
                    where p.before_id is not null and not (p.is_late or p.is_noted)
                )
            )
            and e.outcome in ('waiting', 'rejected')
    )

    select count(*) from noted
$$;

-- Notes what a load of bronze_config brought; rows that a snapshot read are no changes.
-- How many, in the transaction of the load. Bronze is read with the caller's rights.
create or replace function ops.note_config_effects(load_id text)
returns bigint
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    told record;
    landed jsonb;
    all_count bigint := 0;
begin
    for told in
        select distinct d.table_name
        from ops.deliveries as d
        where
            d.schema_name = 'bronze_config'
            and d.load_id = note_config_effects.load_id
            and d.table_name not in ('pages', 'quarantine', 'mended')
    loop
        execute format(
            'select jsonb_agg(
                jsonb_build_object(
                    ''row_key'', c.row_key,
                    ''op'', c.op,
                    ''is_inferred'', c.is_inferred,
                    ''lsn'', c.lsn,
                    ''transaction_id'', c.transaction_id,
                    ''transaction_position'', c.transaction_position,
                    ''topic_offset'', c.topic_offset,
                    ''before'', c.before,
                    ''after'', c.after,
                    ''committed_at_us'', c.committed_at_us,
                    ''captured_at_us'', c.captured_at_us
                )
            )
            from bronze_config.%I as c
            where
                c._dlt_load_id = $1
                and c.op in (''c'', ''u'', ''d'')
                and c.row_key is not null',
            told.table_name
        ) into landed using note_config_effects.load_id;
        if landed is not null then
            all_count := all_count
            + ops.note_effects_of(told.table_name, note_config_effects.load_id, landed);
        end if;
    end loop;
    if all_count > 0 then
        perform pg_notify('bullion_effects', 'load ' || note_config_effects.load_id);
    end if;
    return all_count;
end
$$;

-- Tells who waits for effects which of them changed, as far as a message holds them.
create or replace function ops.tell_config_effects(effect_ids bigint[])
returns bigint
language sql
set search_path = pg_catalog, pg_temp
as $$
    select
        pg_notify(
            'bullion_effects',
            case
                when cardinality(effect_ids) > 300 then cardinality(effect_ids) || ' effects'
                else array_to_string(effect_ids, ',')
            end
        )
    where effect_ids is not null;

    select coalesce(cardinality(effect_ids), 0)::bigint
$$;

-- What became of changes that are open: one more attempt, and its outcome (null: it stays
-- as it was). What a later change overtook stays so; how many there were.
create or replace function ops.settle_config_effects(
    effect_ids bigint[], outcome text, reason text, applied_by text
)
returns bigint
language sql
set search_path = pg_catalog, pg_temp
as $$
    with unsettled as materialized (
        select e.effect_id
        from ops.config_effects as e
        where
            e.effect_id = any(settle_config_effects.effect_ids)
            and e.outcome in ('waiting', 'rejected')
        order by e.effect_id
        for update
    ),

    changed as (
        update ops.config_effects as e
        set
            outcome = coalesce(settle_config_effects.outcome, e.outcome),
            reason = settle_config_effects.reason,
            attempts_count = e.attempts_count + 1,
            applied_at = case
                when settle_config_effects.outcome = 'applied' then clock_timestamp()
            end,
            applied_by = settle_config_effects.applied_by
        from unsettled as u
        where e.effect_id = u.effect_id
        returning e.effect_id
    )

    select ops.tell_config_effects(array_agg(c.effect_id order by c.effect_id))
    from changed as c
$$;

-- What runs is configured so now.
create or replace function ops.apply_config_effects(effect_ids bigint[], applied_by text)
returns bigint
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
    select ops.settle_config_effects(effect_ids, 'applied', null, applied_by)
$$;

-- What a change asks for can not be done now, and why; it may be applied later.
create or replace function ops.reject_config_effects(effect_ids bigint[], reason text)
returns bigint
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
    select ops.settle_config_effects(effect_ids, 'rejected', reason, null)
$$;

-- What a change asks for could not be had yet, and why: it is tried again.
create or replace function ops.postpone_config_effects(effect_ids bigint[], reason text)
returns bigint
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
    select ops.settle_config_effects(effect_ids, null, reason, null)
$$;

-- The first row that was loaded because of a change; a later one changes nothing.
create or replace function ops.note_first_row(
    effect_ids bigint[], load_id text, first_row_at timestamptz
)
returns bigint
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
    with rowless as materialized (
        select e.effect_id
        from ops.config_effects as e
        where
            e.effect_id = any(note_first_row.effect_ids)
            and e.first_row_at is null
        order by e.effect_id
        for update
    ),

    changed as (
        update ops.config_effects as e
        set
            first_row_at = note_first_row.first_row_at,
            first_load_id = note_first_row.load_id
        from rowless as w
        where e.effect_id = w.effect_id
        returning e.effect_id
    )

    select ops.tell_config_effects(array_agg(c.effect_id order by c.effect_id))
    from changed as c
$$;

-- The process on this warehouse that does a work, by its connection's name, and since
-- when; null: none. It runs with its owner's rights, as ops.lock_holder.
create or replace function ops.process_of(work text)
returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select
        a.application_name || ', since '
        || to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC'
    from pg_stat_activity as a
    where
        a.datname = current_database()
        and starts_with(a.application_name, 'bullion ' || work)
    order by a.backend_start
    limit 1
$$;

revoke all on function ops.note_effects_of(text, text, jsonb) from public;
revoke all on function ops.note_config_effects(text) from public;
revoke all on function ops.tell_config_effects(bigint[]) from public;
revoke all on function ops.settle_config_effects(bigint[], text, text, text) from public;
revoke all on function ops.apply_config_effects(bigint[], text) from public;
revoke all on function ops.reject_config_effects(bigint[], text) from public;
revoke all on function ops.postpone_config_effects(bigint[], text) from public;
revoke all on function ops.note_first_row(bigint[], text, timestamptz) from public;
revoke all on function ops.process_of(text) from public;
grant execute on function ops.note_effects_of(text, text, jsonb) to loader;
grant execute on function ops.note_config_effects(text) to loader;
grant execute on function ops.apply_config_effects(bigint[], text) to loader;
grant execute on function ops.reject_config_effects(bigint[], text) to loader;
grant execute on function ops.postpone_config_effects(bigint[], text) to loader;
grant execute on function ops.note_first_row(bigint[], text, timestamptz) to loader;
grant execute on function ops.process_of(text) to loader, operator;

-- operator waits for what it changed; it reads nothing else of ops
grant usage on schema ops to operator;
grant select on ops.config_effects to loader, transformer, operator;
grant select on ops.config_authors to loader, transformer;

-- a table that was published by an earlier release
do $$
declare
    told record;
begin
    for told in
        select
            r.prrelid::regclass as relation,
            pg_has_role(c.relowner, 'usage') as is_ours
        from pg_publication as p
        inner join pg_publication_rel as r on p.oid = r.prpubid
        inner join pg_class as c on r.prrelid = c.oid
        where
            p.pubname = 'bullion_config'
            and c.relnamespace = 'config'::regnamespace
            and not exists (
                select from pg_trigger as t
                where t.tgrelid = c.oid and t.tgname = 'note_author'
            )
        order by r.prrelid
    loop
        if told.is_ours then
            perform config.publish(told.relation);
        else
            raise notice
                'who changes % is not noted: its owner has to run '
                'select config.publish(''%'')', told.relation, told.relation;
        end if;
    end loop;
end
$$;
