"""A warehouse whose ledger and requests speak of exchanges is brought over, once."""

from datetime import UTC, datetime

import psycopg
import pytest

from pipelines import warehouse
from pipelines.backfill import ledger, status
from pipelines.backfill.chunk import NewChunk
from pipelines.local import bootstrap
from pipelines.upstream.feed import Extent, Key

# as the release before declared them
BEFORE = """
drop table ops.backfill_chunks, ops.backfills;
create table ops.backfills (
    plan_id bigint generated always as identity primary key,
    exchange_id text not null, symbol text not null,
    feed text not null
    constraint backfills_feed_check check (feed in ('candles', 'trades')),
    since_at timestamptz not null, until_at timestamptz not null,
    planned_at timestamptz not null default clock_timestamp(),
    unique (exchange_id, symbol, feed), check (since_at < until_at)
);
create table ops.backfill_chunks (
    chunk_id bigint generated always as identity primary key,
    plan_id bigint not null references ops.backfills (plan_id) on delete cascade,
    route text not null check (route in ('archive', 'rest')),
    since_at timestamptz not null, until_at timestamptz not null,
    files jsonb not null default '[]',
    requests_planned bigint not null, bytes_planned bigint not null,
    state text not null default 'waiting'
    check (state in ('waiting', 'running', 'done', 'failed')),
    reason text, attempts_count integer not null default 0,
    load_ids text[] not null default '{}', rows_count bigint, requests_count bigint,
    bytes_count bigint, sha256 text, began_at timestamptz, ended_at timestamptz,
    check (since_at < until_at), check (state <> 'done' or sha256 is not null)
);
create index backfill_chunks_plan_id_idx on ops.backfill_chunks (plan_id, since_at);
insert into ops.backfills (exchange_id, symbol, feed, since_at, until_at)
values ('kraken', 'BTC/USD', 'trades', '2024-03-01Z', '2024-03-03Z');
insert into ops.backfill_chunks (
    plan_id, route, since_at, until_at, requests_planned, bytes_planned, state, sha256,
    rows_count
) values
(1, 'rest', '2024-03-01Z', '2024-03-02Z', 5, 0, 'done', 'ab', 7),
(1, 'rest', '2024-03-02Z', '2024-03-03Z', 5, 0, 'waiting', null, null);
drop table ops.request_waiters, ops.request_limits, ops.request_budgets,
    ops.budget_events;
create table ops.venue_budgets (
    exchange_id text primary key, spent numeric not null default 0,
    leaked_at timestamptz not null default clock_timestamp(),
    blocked_until timestamptz, blocked_for text,
    failures_count integer not null default 0, last_failure text,
    openings_count integer not null default 0, open_until timestamptz,
    trial_until timestamptz
);
create table ops.venue_waiters (
    exchange_id text not null references ops.venue_budgets (exchange_id),
    waiter text not null, expires_at timestamptz not null,
    place integer not null default 2, primary key (exchange_id, waiter)
);
insert into ops.venue_budgets (exchange_id, blocked_until, blocked_for)
values ('kraken', now() + interval '1 hour', '418');
insert into ops.venue_waiters values ('kraken', 'w', 'infinity', 1);
set role loader;
create schema bronze_exchange;
create table bronze_exchange.requests (
    request_id text not null, exchange_id text not null, symbol text, weight bigint
);
insert into bronze_exchange.requests values ('r1', 'kraken', 'BTC/USD', 1);
create view public.read_by_silver as
select exchange_id, symbol from bronze_exchange.requests;
"""
DAY_MS = 86_400_000
START_MS = int(datetime(2024, 3, 1, tzinfo=UTC).timestamp()) * 1000


@pytest.fixture
def before(database):
    """A warehouse of the release before, brought over twice."""
    with psycopg.connect(**database, autocommit=True) as connection:
        connection.execute("create schema if not exists public")
        connection.execute("grant all on schema public to loader")
        connection.execute(BEFORE)
        connection.execute("reset role")
        for _ in range(2):
            bootstrap.apply(**database)
        yield connection


def test_plans_and_what_was_done_of_them_stand_as_before(before):
    with warehouse.connect("loader", "test") as connection:
        (plan,) = ledger.plans(connection)
        done, waiting = ledger.chunks(connection, [plan.plan_id])
        (row,) = status.plans(connection)
    assert plan.key == Key("kraken", "BTC/USD", "trades")
    assert (plan.from_value, plan.until_value) == (START_MS, START_MS + 2 * DAY_MS)
    assert done.extent == Extent("ms", START_MS, START_MS + DAY_MS)
    assert (done.state, waiting.state) == ("done", "waiting")
    assert waiting.extent == Extent("ms", START_MS + DAY_MS, START_MS + 2 * DAY_MS)
    assert (row["done_count"], row["waiting_count"], row["rows_count"]) == (1, 1, 7)


def test_a_plan_of_another_source_can_be_written(before):
    key = Key("ethereum", "", "blocks")
    with warehouse.connect("loader", "test") as connection:
        plan = ledger.write_plan(connection, key, Extent("number", 5, 90))
        chunk = NewChunk("rpc", (5, 90), 1, 0, [])
        ledger.add(connection, plan, [chunk])
        assert ledger.left(connection, plan.plan_id) == [chunk]


def test_requests_are_told_by_scope_and_subject_and_views_of_them_stand(before):
    requests = "select scope, subject from bronze_exchange.requests"
    assert before.execute(requests).fetchall() == [("kraken", "BTC/USD")]
    view = "select exchange_id, symbol from public.read_by_silver"
    assert before.execute(view).fetchall() == [("kraken", "BTC/USD")]


def test_a_venue_that_asked_for_a_pause_is_still_paused(before):
    asked = before.execute(
        "select reason from ops.acquire_request_budget("
        "'kraken', '{weight}', '{1}', '{1}', '{1}', 0, 'live', 'w')"
    )
    assert asked.fetchall() == [("paused: 418",)]
    tables = "select to_regclass('ops.venue_budgets'), to_regclass('ops.venue_waiters')"
    assert before.execute(tables).fetchall() == [(None, None)]
    noted = "select budget, event, reason, until_at > now() from ops.budget_events"
    assert before.execute(noted).fetchall() == [("kraken", "pause", "418", True)]


def test_what_gold_now_says_goes_into_the_tables_of_before(database):
    with psycopg.connect(**database, autocommit=True) as connection:
        connection.execute("set role transformer")
        connection.execute(
            "create table gold.fct_gaps (cause text"
            " check (cause in ('quiet, unproven')))"
        )
        connection.execute(
            "create table gold.fct_candles (base_volume numeric not null)"
        )
        connection.execute("reset role")
        for _ in range(2):
            bootstrap.apply(**database)
        connection.execute("insert into gold.fct_gaps values ('silent, unproven')")
        connection.execute("insert into gold.fct_candles values (null)")
