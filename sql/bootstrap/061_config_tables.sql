-- What an operator chooses. Rules across rows, and the sentences that refuse what is
-- wrong, are in 062 and 063; the checks here hold whatever triggers do.
create table if not exists config.exchanges (
    exchange_id text primary key,
    is_enabled boolean not null default true,
    budget_share numeric(9, 6) not null default 0.9
    check (budget_share > 0 and budget_share <= 1),
    market_types text[] not null default '{spot}'
);

create table if not exists config.instruments (
    exchange_id text not null references config.exchanges (exchange_id),
    symbol text not null check (symbol ~ '^\S+$'),
    since text not null default '-P1D',
    priority text not null default 'live' check (priority in ('live', 'history')),
    is_enabled boolean not null default true,
    feeds text[] not null default '{candles}',
    timeframes text[] not null default '{1m}',
    primary key (exchange_id, symbol)
);

create table if not exists config.endpoints (
    endpoint text primary key check (endpoint ~ '^[a-z][a-z0-9_]*$'),
    setting text not null check (setting ~ '^BULLION_[A-Z0-9]+(_[A-Z0-9]+)*$'),
    is_enabled boolean not null default true
);

create table if not exists config.thresholds (
    threshold text primary key,
    amount numeric not null check (amount >= 0 and amount < 'Infinity'),
    meaning text not null default ''
);

-- The seeds fill these tables once: what an operator removes later does not come again.
create table if not exists ops.config_first_import (
    imported_at timestamptz not null default clock_timestamp(),
    rows_count bigint not null
);

comment on table ops.config_first_import is
'One row: the seeds were imported, or an operator had chosen before (no rows then).';
comment on table config.exchanges is
'One row: an exchange that is collected from.';
comment on column config.exchanges.market_types is
'Kinds of instruments that may be collected there: spot, swap, future, option.';
comment on column config.exchanges.budget_share is
'The share of the venue''s request budget that we use.';
comment on table config.instruments is
'One row: a series to collect, or with a * in symbol all listed series that it matches.';
comment on column config.instruments.since is
'Where its history starts: a time, or a span back from now such as -P1D.';
comment on column config.instruments.priority is
'live goes before history in the queue of the venue''s requests.';
comment on table config.endpoints is
'One row: an endpoint, by the name of the setting that holds its address or secret.';
comment on column config.endpoints.setting is
'The name of a setting of the environment; never its value.';
comment on table config.thresholds is
'One row: a number that an operator turns; one without a row has its default.';

select config.publish('config.exchanges');
select config.publish('config.instruments');
select config.publish('config.endpoints');
select config.publish('config.thresholds');
