-- A warehouse holds the rows of one world: the real one, or one simulation. What its first
-- load asked is remembered, and another is refused
-- (docs/decisions/0020-a-warehouse-has-one-origin.md).
create table if not exists ops.origin (
    is_one boolean primary key default true check (is_one),
    origin text not null,
    noted_at timestamptz not null default clock_timestamp()
);

comment on table ops.origin is
'One row, from the first load on: what the warehouse is loaded from.';
comment on column ops.origin.origin is
'The real upstreams, or which simulation, as it names itself.';

grant select, insert (origin), update (origin) on ops.origin to loader;
