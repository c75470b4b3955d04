-- What history is to be had, in chunks, and how far each is: the ledger of backfills.
create table if not exists ops.backfills (
    plan_id bigint generated always as identity primary key,
    exchange_id text not null,
    symbol text not null,
    feed text not null,
    since_at timestamptz not null,
    until_at timestamptz not null,
    planned_at timestamptz not null default clock_timestamp(),
    unique (exchange_id, symbol, feed),
    check (since_at < until_at)
);

-- what can be had is declared with each source; this release's words are no constraint
alter table ops.backfills drop constraint if exists backfills_feed_check;

create table if not exists ops.backfill_chunks (
    chunk_id bigint generated always as identity primary key,
    plan_id bigint not null references ops.backfills (plan_id) on delete cascade,
    route text not null check (route in ('archive', 'rest')),
    since_at timestamptz not null,
    until_at timestamptz not null,
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
    check (since_at < until_at),
    check (state <> 'done' or sha256 is not null)
);

create index if not exists backfill_chunks_plan_id_idx
on ops.backfill_chunks (plan_id, since_at);

comment on table ops.backfills is
'One row: a plan, the span of a series'' feed whose history is to be had.';
comment on table ops.backfill_chunks is
'One row: a part of a plan that is loaded at once, what became of it and what it brought.';
comment on column ops.backfill_chunks.files is
'The archive''s files, as they were listed; empty for a part that REST brings.';
comment on column ops.backfill_chunks.load_ids is
'Loads that were begun for it; of those that finished, the rows stand in bronze.';
comment on column ops.backfill_chunks.sha256 is
'Of the archive''s file (of several: of their sha256sum lines by path), or of the
values that REST brought, whatever their order and loads.';

grant select, insert, update, delete on ops.backfills, ops.backfill_chunks to loader;
grant select on ops.backfills, ops.backfill_chunks to transformer;
