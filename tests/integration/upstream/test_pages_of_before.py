"""A warehouse with a table of pages for each feed is brought over by the bootstrap."""

import psycopg
import pytest

from pipelines import warehouse
from pipelines.bronze import ddl
from pipelines.local import bootstrap
from pipelines.upstream.feed import Key
from pipelines.upstream.pages import PAGES, Pages

# as the release before `bronze_exchange.pages` declared them
BEFORE = """
set role loader;
create schema bronze_exchange;
create table bronze_exchange.ohlcv_pages (
    exchange_id text not null, symbol text not null, timeframe text not null,
    asked_from_ms bigint not null, asked_until_ms bigint not null,
    answered_from_ms bigint not null, answered_until_ms bigint not null,
    sends_quiet_minutes boolean not null, venue_now_ms bigint not null,
    rows_count bigint not null, request_id text not null, origin text not null,
    received_at timestamp with time zone not null, _dlt_load_id text not null,
    delivery_file text not null, delivery_row bigint not null
);
create table bronze_exchange.trade_pages (
    exchange_id text not null, symbol text not null, asked_from_ns bigint,
    asked_from_id bigint, answered_from_ns bigint not null,
    answered_until_ns bigint not null, first_trade_id bigint, last_trade_id bigint,
    next_cursor text, venue_now_ms bigint not null, rows_count bigint not null,
    request_id text not null, origin text not null,
    received_at timestamp with time zone not null, _dlt_load_id text not null,
    delivery_file text not null, delivery_row bigint not null
);
insert into bronze_exchange.ohlcv_pages values
('kraken', 'BTC/USD', '1m', 0, 600000, 60000, 540000, true, 570000, 8, 'r1', 'here',
 '2024-03-01', '1.5', 'f1', 0);
insert into bronze_exchange.trade_pages values
('kraken', 'BTC/USD', 100, null, 100, 150, 1, 3, '4', 9, 3, 'r2', 'here',
 '2024-03-01', '1.5', 'f2', 0),
('kraken', 'BTC/USD', 100, 7, 160, 200, 5, 6, '7', 9, 2, 'r2', 'here',
 '2024-03-01', '1.5', 'f2', 1);
create view public_view as select answered_until_ms from bronze_exchange.ohlcv_pages;
"""
CONTENT = """
select scope, subject, feed, asked_from, asked_until, asked_cursor, answered_from,
    answered_until, first_id, last_id, next_cursor, sends_empty, rows_count,
    upstream_now_ms, request_id, _dlt_load_id, delivery_file, delivery_row
from bronze_exchange.pages order by delivery_file, delivery_row
"""
KRAKEN = ("kraken", "BTC/USD")
EXPECTED = [
    ("kraken", "BTC/USD", *line.split())
    for line in (
        "candles 0 600000 - 60000 540000 - - - True 8 570000 r1 1.5 f1 0",
        "trades 100 200 - 100 150 1 3 4 - 3 9 r2 1.5 f2 0",
        "trades 100 200 7 160 200 5 6 7 - 2 9 r2 1.5 f2 1",
    )
]


@pytest.fixture
def owner(database):
    with psycopg.connect(**database, autocommit=True) as connection:
        connection.execute("create schema if not exists public")
        connection.execute("grant all on schema public to loader")
        connection.execute(BEFORE.replace("public_view", "public.read_by_silver"))
        connection.execute("reset role")
        connection.execute(
            "insert into ops.loads values"
            " ('bronze_exchange', '1.5', 1, 0, 0, 0, 0, 0, now())"
        )
        yield connection


def content(owner):
    """The rows as words; - is null."""
    return [
        tuple("-" if cell is None else str(cell) for cell in row)
        for row in owner.execute(CONTENT)
    ]


def tables(owner):
    query = "select tablename from pg_tables where schemaname = 'bronze_exchange'"
    return {name for (name,) in owner.execute(query)}


def test_pages_of_before_are_kept_once_and_their_tables_go_with_the_last_view(
    owner, database
):
    for _ in range(2):
        bootstrap.apply(**database)
        assert content(owner) == EXPECTED
        assert tables(owner) == {"pages", "ohlcv_pages", "trade_pages"}
    owner.execute("drop view public.read_by_silver")
    bootstrap.apply(**database)
    assert content(owner) == EXPECTED
    assert tables(owner) == {"pages"}


def test_a_series_goes_on_from_pages_of_before(owner, database):
    bootstrap.apply(**database)
    with warehouse.connect("loader", "test") as connection:
        trades = Pages(connection, "bronze_exchange", Key(*KRAKEN, "trades"))
        assert trades.answered_until() == 200
        assert trades.missing((100, 300), refused=9) == [
            (150, 160, "4"),
            (200, 300, "7"),
        ]


def test_the_table_is_the_one_that_a_load_declares(owner, database):
    bootstrap.apply(**database)
    described = (
        "select column_name, data_type, is_nullable from information_schema.columns"
        " where table_name = 'pages' and table_schema = %s order by ordinal_position"
    )
    with warehouse.connect("loader", "test") as connection:
        ddl.declare(connection, {"bronze_other": [PAGES]})
        brought = connection.execute(described, ("bronze_exchange",)).fetchall()
        declared = connection.execute(described, ("bronze_other",)).fetchall()
    assert brought == declared
