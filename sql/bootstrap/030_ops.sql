-- What was delivered, loaded and consumed. The tables belong to whoever bootstraps.
create schema if not exists ops;

create table if not exists ops.deliveries (
    schema_name text not null,
    load_id text not null,
    file_id text not null,
    table_name text not null,
    rows_count bigint not null default 0,
    bytes_count bigint not null default 0,
    delivered_at timestamptz not null default clock_timestamp(),
    primary key (schema_name, load_id, file_id)
);

create table if not exists ops.batches (
    batch_id bigint generated always as identity primary key,
    feed text not null,
    load_id text,
    registered_at timestamptz not null default clock_timestamp(),
    unique (feed, load_id)
);

create table if not exists ops.consumed_batches (
    consumer text not null,
    batch_id bigint not null references ops.batches (batch_id),
    primary key (consumer, batch_id)
);

-- deleting a batch looks for who consumed it
create index if not exists consumed_batches_batch_id_idx
on ops.consumed_batches (batch_id);

create table if not exists ops.loads (
    schema_name text not null,
    load_id text not null,
    batch_id bigint not null,
    rows_count bigint not null,
    bytes_count bigint not null,
    requests_count bigint not null,
    weight_spent bigint not null,
    seconds numeric not null,
    completed_at timestamptz not null,
    primary key (schema_name, load_id)
);

-- the loads from a number on
create index if not exists loads_schema_name_batch_id_idx
on ops.loads (schema_name, batch_id);

-- which feeds a model reads, and of a bronze schema which tables; dbt writes it as it starts
create table if not exists ops.consumers (
    consumer text not null,
    relation text not null,
    feed text not null,
    table_names text[] not null default '{}',
    primary key (consumer, feed)
);

create table if not exists ops.transforms (
    project_hash text not null,
    tests text not null,
    relations text[] not null,
    warned text[] not null,
    completed_at timestamptz not null default clock_timestamp()
);

-- A load that delivered to none of the tables that a model reads does not wait for it. Of a
-- table in parts, 'pages of trades', a model waits for its part, and for a delivery of none.
create or replace view ops.waiting_batches as
select
    consumers.consumer,
    consumers.relation,
    batches.batch_id,
    batches.feed,
    batches.load_id
from ops.consumers as consumers
inner join ops.batches as batches on consumers.feed = batches.feed
where
    not exists (
        select
        from ops.consumed_batches as consumed
        where
            consumed.consumer = consumers.consumer
            and consumed.batch_id = batches.batch_id
    )
    and (
        batches.load_id is null
        or exists (
            select
            from ops.deliveries as delivered
            where
                delivered.schema_name = batches.feed
                and delivered.load_id = batches.load_id
                and exists (
                    select
                    from unnest(consumers.table_names) as listed (table_name)
                    where
                        listed.table_name = delivered.table_name
                        or starts_with(listed.table_name, delivered.table_name || ' of ')
                )
        )
        or not exists (
            select
            from ops.deliveries as delivered
            where
                delivered.schema_name = batches.feed
                and delivered.load_id = batches.load_id
        )
    );

comment on table ops.consumers is
'One row: a feed that drives a model.';
comment on table ops.transforms is
'At most one row: what was last built whole and without an error; a run of dbt forgets it.';
comment on column ops.transforms.warned is
'Tests that warned: they are run again.';
comment on view ops.waiting_batches is
'One row: a batch that a model has not taken in yet.';
comment on table ops.deliveries is
'One row: a file committed to bronze, written in the transaction of its rows.';
comment on table ops.batches is
'One row: rows that became visible together, by a load (feed is its schema) or by a model''s run.';
comment on table ops.consumed_batches is
'One row: a batch that a model has taken in.';
comment on table ops.loads is
'One row: a finished load, with what it brought and spent.';

grant usage on schema ops to loader, transformer;
grant select, insert, update (rows_count, bytes_count) on ops.deliveries to loader;
grant select on ops.deliveries to transformer;
grant select on ops.batches to loader;
grant select, insert, delete on ops.batches, ops.consumed_batches to transformer;
grant select, insert, update, delete on ops.consumers, ops.transforms to transformer;
grant select on ops.waiting_batches to transformer;
grant select on ops.loads to loader, transformer;
