-- What history is to be had, in chunks, and how far each is: the ledger of backfills.
create table if not exists ops.backfills (
    plan_id bigint generated always as identity primary key,
    scope text not null,
    subject text not null,
    feed text not null,
    unit text not null default 'ms',
    from_value bigint not null,
    until_value bigint not null,
    planned_at timestamptz not null default clock_timestamp(),
    unique (scope, subject, feed),
    check (unit in ('ms', 'number')),
    check (from_value < until_value)
);

create table if not exists ops.backfill_chunks (
    chunk_id bigint generated always as identity primary key,
    plan_id bigint not null references ops.backfills (plan_id) on delete cascade,
    route text not null,
    from_value bigint not null,
    until_value bigint not null,
    files jsonb not null default '[]',
    requests_planned bigint not null,
    bytes_planned bigint not null,
    state text not null default 'waiting'
    check (state in ('waiting', 'running', 'done', 'failed')),
    reason text,
    attempts_count integer not null default 0,
    load_ids text[] not null default '{}',
    rows_count bigint,
    requests_count bigint,
    bytes_count bigint,
    sha256 text,
    began_at timestamptz,
    ended_at timestamptz,
    check (from_value < until_value),
    check (state <> 'done' or sha256 is not null)
);

-- The ledger of a warehouse of before speaks of exchanges, symbols and times. What can be
-- had, and by which route, is declared with each source: no constraint names it.
do $$
declare
    ledger text;
begin
    if not exists (
        select from pg_catalog.pg_attribute
        where attrelid = 'ops.backfills'::regclass and attname = 'exchange_id'
    ) then
        return;
    end if;
    alter table ops.backfills drop constraint if exists backfills_feed_check;
    alter table ops.backfills rename column exchange_id to scope;
    alter table ops.backfills rename column symbol to subject;
    alter table ops.backfills
    add column unit text not null default 'ms' check (unit in ('ms', 'number'));
    alter table ops.backfill_chunks drop constraint if exists backfill_chunks_route_check;
    foreach ledger in array array['backfills', 'backfill_chunks'] loop
        execute format(
            'alter table ops.%1$I add column from_value bigint, add column until_value bigint;'
            ' update ops.%1$I set'
            ' from_value = round(extract(epoch from since_at) * 1000),'
            ' until_value = round(extract(epoch from until_at) * 1000);'
            ' alter table ops.%1$I alter column from_value set not null,'
            ' alter column until_value set not null, drop column since_at,'
            ' drop column until_at, add check (from_value < until_value)',
            ledger
        );
    end loop;
end
$$;

create index if not exists backfill_chunks_plan_idx
on ops.backfill_chunks (plan_id, from_value);

comment on table ops.backfills is
'One row: a plan, the part of a feed whose history is to be had.';
comment on column ops.backfills.scope is
'Who is asked: an exchange, a chain.';
comment on column ops.backfills.subject is
'What about: a symbol; empty where the feed speaks for the whole scope.';
comment on column ops.backfills.unit is
'What from_value and until_value count: milliseconds since 1970, or numbers.';
comment on table ops.backfill_chunks is
'One row: a part of a plan that is loaded at once, what became of it and what it brought.';
comment on column ops.backfill_chunks.files is
'The archive''s files, as they were listed; empty for a part that requests bring.';
comment on column ops.backfill_chunks.load_ids is
'Loads that were begun for it; of those that finished, the rows stand in bronze.';
comment on column ops.backfill_chunks.sha256 is
'Of the archive''s file (of several: of their sha256sum lines by path), or of the
values that requests brought, whatever their order and loads.';

grant select, insert, update, delete on ops.backfills, ops.backfill_chunks to loader;
grant select on ops.backfills, ops.backfill_chunks to transformer;
