"""What becomes of a change, decided by what was adopted, answered, failed and ended."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pipelines.collector import change_tracker as module
from pipelines.collector import targets
from pipelines.collector.change_tracker import ChangeTracker
from pipelines.collector.targets import history_key
from pipelines.config import status
from pipelines.config.model import InstrumentChoice, Since
from pipelines.config.rows import configuration
from pipelines.config.status import ChangeStatus
from pipelines.errors import BadDataError, UpstreamError
from pipelines.settings import PROJECT_DIR
from pipelines.sources.connectors import Chosen, connected
from pipelines.sources.exchange import connector
from pipelines.upstream.feed import Key

SEEDS = configuration(PROJECT_DIR / "seeds")
AT = datetime(2026, 11, 21, tzinfo=UTC)
BTC, TRADES = (Key("kraken", "BTC/USD", name) for name in ("candles", "trades"))
USDT = Key("kraken", "BTC/USDT", "candles")


def targets_of(known):
    with connected(known) as connectors:
        return targets.targets_of(connectors, known)


def change(number, row_key, op="c", table="instruments", **fields):
    nothing: dict[str, Any] = dict.fromkeys(ChangeStatus.__dataclass_fields__)
    facts: dict[str, Any] = {
        "effect_id": number,
        "table_name": table,
        "row_key": row_key,
        "op": op,
        "changes": {},
        "committed_at": AT,
        "consumed_at": AT,
        "outcome": "waiting",
        "attempts_count": 0,
    }
    return ChangeStatus(**(nothing | facts | fields))


@pytest.fixture
def book(monkeypatch):
    """The effects, and what they write: `book.written()` since it was last asked."""
    written: list[tuple[str, list[int], str]] = []

    def writes(name):
        def write(_connection, effects, told, *_):
            written.append((name, [e.effect_id for e in effects], told))

        return write

    for name in ("applied", "rejected", "postponed", "first_row"):
        monkeypatch.setattr(status, name, writes(name))

    connection: Any = None

    class Book(ChangeTracker):
        found = None

        def written(self):
            self.flush(connection)
            told, written[:] = list(written), []
            return told

    book = Book("me")
    look = lambda *_: book.found  # noqa: E731
    monkeypatch.setattr(module, "first_row_of", look)
    return book


def adopt(book, *effects, known=SEEDS, generation=1):
    return book.adopt(effects, known, targets_of(known), generation)


def test_a_new_series_is_applied_when_all_of_it_was_answered(book):
    added = change(1, '["kraken", "BTC/USD"]')
    assert adopt(book, added) == [("kraken", "BTC/USD")]
    book.answered(BTC, 1)
    book.answered(BTC, 1)
    assert book.written() == []
    book.answered(TRADES, 1)
    assert book.written() == [("applied", [1], "me")]
    book.found = ("17.5", AT)
    book.loaded([BTC], 1, "17.5")
    assert book.written() == [("first_row", [1], "17.5")]
    book.loaded([BTC], 1, "18.5")
    assert book.written() == []


def test_an_answer_to_a_load_that_began_before_the_change_does_not_count(book):
    adopt(book, change(1, '["kraken", "BTC/USDT"]'), generation=2)
    book.answered(USDT, 1)
    assert book.written() == []
    book.answered(USDT, 2)
    assert book.written() == [("applied", [1], "me")]


def test_a_change_that_was_adopted_again_goes_on_waiting_and_loads_nothing(book):
    added = change(1, '["kraken", "BTC/USDT"]')
    adopt(book, added)
    assert adopt(book, added, generation=2) == []
    book.answered(USDT, 1)
    assert book.written() == [("applied", [1], "me")]


def test_what_a_venue_refuses_is_rejected_and_what_may_pass_is_put_off(book):
    adopt(book, change(1, '["kraken", "BTC/USDT"]'))
    book.failed(USDT, 1, UpstreamError("no route"))
    book.failed(USDT, 1, BadDataError("not listed"))
    assert book.written() == [
        ("postponed", [1], "no route"),
        ("rejected", [1], "not listed"),
    ]
    book.answered(USDT, 1)
    assert book.written() == [("applied", [1], "me")]


def test_of_a_pattern_one_series_that_is_answered_is_enough(book):
    found = adopt(book, change(1, '["kraken", "BTC/*"]'))
    assert found == [("kraken", "BTC/USD"), ("kraken", "BTC/USDT")]
    book.answered(USDT, 1)
    assert book.written() == [("applied", [1], "me")]


def test_an_end_is_applied_when_the_last_stream_of_the_series_has_ended(book):
    removed = change(1, '["kraken", "ETH/USD"]', op="d")
    adopt(book, removed)
    book.settle({Key("kraken", "ETH/USD", "candles"), BTC}, targets_of(SEEDS))
    assert book.written() == []
    book.settle({BTC}, targets_of(SEEDS))
    assert book.written() == [("applied", [1], "me")]


def test_an_end_of_what_another_row_still_collects_does_not_wait_for_it(book):
    adopt(book, change(1, '["kraken", "*/USD"]', op="d"))
    book.settle({BTC}, targets_of(SEEDS))
    assert book.written() == [("applied", [1], "me")]


def test_a_disabled_series_has_ended_where_nothing_runs(book):
    off = [replace(c, is_enabled=False) for c in SEEDS.instruments]
    known = replace(SEEDS, instruments=off)
    assert adopt(book, change(1, '["kraken", "BTC/USD"]', op="u"), known=known) == []
    book.settle((), targets_of(known))
    assert book.written() == [("applied", [1], "me")]


def test_a_change_that_was_overtaken_is_forgotten(book):
    adopt(book, change(1, '["kraken", "BTC/USDT"]'))
    adopt(book, generation=2)
    book.answered(USDT, 2)
    assert book.written() == []


def test_exchanges_and_thresholds_are_applied_when_adopted_others_are_not_ours(book):
    adopt(
        book,
        change(1, '["kraken"]', table="exchanges"),
        change(2, '["attempts"]', table="thresholds", op="d"),
        change(3, '["BTC"]', table="funding"),
    )
    assert book.written() == [("applied", [1], "me"), ("applied", [2], "me")]


def test_what_an_archive_alone_has_is_applied_when_its_history_is_planned(
    book, monkeypatch
):
    monkeypatch.setattr(connector, "rest_feeds", lambda _: ())
    series = "binance", "BTC/USD:BTC"
    choice = InstrumentChoice(
        *series, Since(), "live", is_enabled=True, feeds=("trades",)
    )
    known = replace(SEEDS, instruments=[choice])
    added = change(1, '["binance", "BTC/USD:BTC"]')
    assert adopt(book, added, known=known) == [series]
    book.answered(history_key(series), 1)
    assert book.written() == [("applied", [1], "me")]
    book.found = ("17.5", AT)
    book.history_loaded(("binance", "ETH/USDT:USDT"), ["17.5"])
    assert book.written() == []
    book.history_loaded(series, ["17.5"])
    assert book.written() == [("first_row", [1], "17.5")]


SOME = [
    (Chosen(["binance"]), []),
    (Chosen(sources=["evm"]), []),
    (Chosen(["kraken"], ["exchange"]), [("applied", [1], "me")]),
]


@pytest.mark.parametrize(("chosen", "written"), SOME)
def test_a_collector_of_some_leaves_the_others_changes_alone(book, chosen, written):
    book._chosen = chosen
    adopt(book, change(1, '["kraken"]', table="exchanges"))
    assert bool(adopt(book, change(2, '["kraken", "BTC/USD"]'))) == bool(written)
    assert book.written() == written


def test_what_the_warehouse_did_not_take_is_written_the_next_time(book, monkeypatch):
    adopt(book, change(1, '["kraken"]', table="exchanges"))
    write, failures = status.applied, [ConnectionError("away")]

    def fails_once(*told):
        if failures:
            raise failures.pop()
        return write(*told)

    monkeypatch.setattr(status, "applied", fails_once)
    book._writes[:] = []
    adopt(book, change(1, '["kraken"]', table="exchanges"))
    with pytest.raises(ConnectionError):
        book.flush(None)
    assert book.written() == [("applied", [1], "me")]
