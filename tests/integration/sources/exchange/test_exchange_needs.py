"""What is still to ask of a series follows from what bronze holds."""

from typing import Any

import psycopg
import pytest

from pipelines import warehouse
from pipelines.sources.exchange.feeds import CANDLES
from pipelines.sources.exchange.series import Series
from pipelines.sources.exchange.spans import joined
from pipelines.sources.exchange.venues import VENUES
from pipelines.upstream.pages import PAGES, Pages

M = 60_000
SERIES = Series("binance", "BTC/USDT", "BTCUSDT")
TYPES = {"bool": "boolean", "timestamp": "timestamptz"}


@pytest.fixture
def connection(database):
    with warehouse.connect("loader", "test") as connection:
        yield connection


FINISHED = "1.5"


@pytest.fixture
def pages(connection, database):
    """Makes the table and puts pages in, in minutes: asked, answered."""
    with psycopg.connect(**database) as owner:
        owner.execute(
            "insert into ops.loads values"
            " ('bronze_exchange', %s, 1, 0, 0, 0, 0, 0, now())",
            (FINISHED,),
        )
    columns = ", ".join(
        f"{c.name} {TYPES.get(c.data_type, c.data_type)}" for c in PAGES.columns
    )
    connection.execute("create schema bronze_exchange")
    columns += ", _dlt_load_id text"
    connection.execute(f"create table bronze_exchange.pages ({columns})")

    def put(*spans, load_id=FINISHED):
        for number, (
            asked_from,
            asked_until,
            answered_from,
            answered_until,
        ) in enumerate(spans):
            connection.execute(
                "insert into bronze_exchange.pages (scope, subject,"
                " feed, asked_from, asked_until, answered_from,"
                " answered_until, request_id, _dlt_load_id)"
                " values (%s, %s, 'candles', %s, %s, %s, %s, %s, %s)",
                (
                    SERIES.exchange_id,
                    SERIES.symbol,
                    asked_from * M,
                    asked_until * M,
                    answered_from * M,
                    answered_until * M,
                    f"r{number}",
                    load_id,
                ),
            )

    return put


def asked(connection, since, until, *, reread=2, holes=20):
    found = missing(connection, SERIES, since, until, reread=reread, holes=holes)
    return [(start // M, end // M) for start, end in found]


def missing(connection, series, since, until, *, reread, holes):
    route: Any = VENUES[series.exchange_id].route(CANDLES.name)
    found = Pages(connection, "bronze_exchange", series.key(CANDLES)).missing(
        (since * M, until * M),
        reread=reread * M,
        has_window=route.window_steps is not None,
        refused=holes,
        forms=True,
    )
    return joined(found, is_one=route.until is None)


def held_until_ms(connection, series):
    key = series.key(CANDLES)
    return Pages(connection, "bronze_exchange", key).answered_until()


def test_before_there_is_a_table_everything_is_asked_for(connection):
    assert asked(connection, 0, 100) == [(0, 100)]
    assert held_until_ms(connection, SERIES) is None


def test_a_series_goes_on_where_it_stopped_and_reads_the_last_closed_again(
    connection, pages
):
    pages((0, 51, 0, 50))
    assert asked(connection, 0, 100) == [(48, 100)]
    assert held_until_ms(connection, SERIES) == 50 * M


def test_an_earlier_since_asks_for_what_lies_before(connection, pages):
    pages((50, 100, 50, 100))
    assert asked(connection, 0, 100) == [(0, 50), (98, 100)]


def test_what_is_all_answered_is_read_again_at_its_end_only(connection, pages):
    pages((0, 60, 0, 60), (60, 200, 60, 200))
    assert asked(connection, 10, 100) == [(98, 100)]


def test_an_interrupted_middle_is_asked_for(connection, pages):
    pages((0, 20, 0, 20), (40, 60, 40, 60))
    assert asked(connection, 0, 60, reread=0) == [(20, 40)]


def test_minutes_of_refused_rows_are_asked_for_again_the_newest_of_them(
    connection, pages
):
    answered = [(0, 30, at, at + 1) for at in range(0, 30, 2)]
    pages(*answered)
    assert asked(connection, 0, 29, reread=0, holes=3) == [(23, 24), (25, 26), (27, 28)]


def test_what_lay_beyond_the_window_is_not_asked_for_again(connection, pages):
    pages((0, 1001, 281, 1000))
    assert asked(connection, 0, 1010, reread=0) == [(0, 281), (1000, 1010)]
    kraken = Series("kraken", SERIES.symbol, "XXBTZUSD")
    connection.execute("update bronze_exchange.pages set scope = 'kraken'")
    found = missing(connection, kraken, 0, 1010, reread=10, holes=20)
    assert found == [(990 * M, 1010 * M)]


def test_what_a_load_brought_that_never_finished_is_asked_for_again(connection, pages):
    pages((0, 100, 0, 100))
    pages((100, 200, 100, 200), load_id="never finished")
    assert asked(connection, 0, 200, reread=0) == [(100, 200)]
    assert held_until_ms(connection, SERIES) == 100 * M


def test_an_empty_span_asks_for_nothing(connection):
    assert asked(connection, 5, 5) == []
