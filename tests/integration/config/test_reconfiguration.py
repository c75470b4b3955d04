"""A load that runs takes up what changes: from the next request on, and no other."""

import itertools
import time
from contextlib import contextmanager
from threading import Thread

import psycopg
import pytest

from pipelines import warehouse
from pipelines.config.listener import ConfigListener
from pipelines.config.model import Configuration
from pipelines.config.rows import standing
from pipelines.errors import SetupError
from pipelines.sources.exchange.source import ExchangeSource
from pipelines.sources.load import load
from pipelines.upstream.feed import Key
from pipelines.upstream.options import LoadOptions
from tests.contents.roles import run
from tests.services.collecting import (
    ADD,
    EXCHANGE,
    TELL,
    ago,
    coinbase,
    commit,
    wait_for,
)

SHARE = "update config.exchanges set budget_share = {}"
THRESHOLD = "insert into config.thresholds values ('{}', {})"
LISTENS = "query ilike 'listen%' or application_name like 'bullion configuration%'"


@pytest.fixture
def venue(database, monkeypatch):
    with coinbase(monkeypatch, "BTC-USD", "ETH-USD") as one:
        commit(database, EXCHANGE, f"{ADD} ('coinbase', 'BTC/USD', '{ago(days=2)}')")
        yield one


@pytest.fixture
def listening(database):
    one = ConfigListener()
    yield one
    one.close()


def tell(database, *statements):
    commit(database, *statements)
    run(database, None, TELL)


@contextmanager
def held(venue, listening):
    """What the block tells is in force before the pages to be held are answered."""
    wait_for(lambda: all(map(venue.holds, venue.holds_after)))
    was = listening.current
    yield
    wait_for(lambda: listening.current is not was)
    venue.freed.set()


def attempts(configured):
    return configured.current.thresholds.attempts


def test_a_change_is_in_force_once_the_stream_tells_of_it(database, listening):
    was = listening.current
    commit(database, EXCHANGE, THRESHOLD.format("attempts", 2))
    assert listening.current is was
    run(database, None, TELL)
    wait_for(lambda: attempts(listening) == 2)
    assert attempts(listening) != was.thresholds.attempts


def test_what_was_told_while_the_connection_was_lost_is_read_all_the_same(
    database, listening
):
    commit(database, EXCHANGE, THRESHOLD.format("attempts", 2))
    end = f"select pg_terminate_backend(pid) from pg_stat_activity where {LISTENS}"
    with psycopg.connect(**database, autocommit=True) as connection:
        connection.execute(f"{end} and pid <> pg_backend_pid()")
    wait_for(lambda: attempts(listening) == 2)
    tell(database, THRESHOLD.format("holes_per_load", 7))
    wait_for(lambda: listening.current.thresholds.holes_per_load == 7)


def test_a_burst_is_read_once_or_twice_and_one_that_is_unreadable_keeps_the_last(
    database,
):
    reads: list[int] = []
    said: list[str] = []
    good: list[Configuration] = []
    broken: list[Exception] = []

    def read(connection):
        reads.append(1)
        if broken:
            raise broken[0]
        good.append(standing(connection))
        return good[-1]

    commit(database, EXCHANGE)
    one = ConfigListener(read, say=said.append)
    try:
        with psycopg.connect(**database) as connection:
            for n in range(200):
                connection.execute(f"select pg_notify('bullion_config', '{n}')")
        wait_for(lambda: len(reads) > 1)
        broken.append(ValueError("no such feed"))
        tell(database, THRESHOLD.format("attempts", 2))
        wait_for(lambda: said)
        assert one.current is good[-1]
        assert said == ["the configuration stays as it was: no such feed"]
        assert len(reads) < 20
        broken.clear()
        wait_for(lambda: attempts(one) == 2)
    finally:
        one.close()


def test_a_warehouse_without_config_tables_is_not_listened_to(database):
    run(database, None, "drop schema config cascade")
    with pytest.raises(SetupError, match="run `bullion up postgres`"):
        ConfigListener()


class Loading:
    """A load in a thread of its own."""

    def __init__(self, configured, options=None):
        self.source = ExchangeSource(configured, options)
        self.facts = None
        self._thread = Thread(target=self._run)
        self._thread.start()

    def _run(self):
        self.facts = load(self.source)

    def wait(self):
        self._thread.join(600)
        assert not self._thread.is_alive()
        assert self.source.failures == []
        assert self.facts is not None


def pages(symbol):
    query = "select count(distinct request_id) from bronze_exchange.pages"
    with warehouse.connect("loader", "test") as connection:
        row = connection.execute(f"{query} where subject = '{symbol}'").fetchone()
        return row[0] if row else None


@pytest.mark.parametrize(
    "end",
    [
        "delete from config.instruments where symbol = 'ETH/USD'",
        "update config.instruments set is_enabled = false where symbol = 'ETH/USD'",
        "update config.instruments set feeds = '{trades}' where symbol = 'ETH/USD'",
    ],
    ids=["removed", "disabled", "without its feed"],
)
def test_a_removed_series_stops_after_its_page_and_others_go_on(
    database, venue, listening, end
):
    commit(database, f"{ADD} ('coinbase', 'ETH/USD', '{ago(days=2)}')")
    run(database, None, TELL)
    wait_for(lambda: len(listening.current.instruments) == 2)
    venue.holds_after["ETH-USD"] = 2
    loading = Loading(listening)
    with held(venue, listening):
        tell(database, end)
    loading.wait()
    assert len(venue.pages("ETH-USD")) == 3
    assert pages("ETH/USD") == 3  # what came is delivered and noted
    whole = venue.pages("BTC-USD")
    assert pages("BTC/USD") == len(whole) == len(set(whole)) == 10  # none asked twice
    assert loading.source.ended == [Key("coinbase", "ETH/USD", "candles")]


def test_a_disabled_exchange_stops_its_series_but_none_that_was_never_configured(
    database, venue, listening
):
    venue.holds_after["BTC-USD"] = 1
    tell(database, f"{ADD} ('coinbase', 'BTC/EUR', '-PT5M')")
    options = LoadOptions.parse(["coinbase"], ["BTC/USD", "ETH/USD"], ago(days=1))
    wait_for(lambda: len(listening.current.instruments) == 2)
    loading = Loading(listening, options)
    with held(venue, listening):
        tell(database, "update config.exchanges set is_enabled = false")
    loading.wait()
    assert len(venue.pages("BTC-USD")) == 2
    assert len(venue.pages("ETH-USD")) == 5  # named, and never configured


def test_a_changed_share_holds_from_the_next_request_on(database, venue, listening):
    tell(database, SHARE.format(0.125))  # of 10 a second with a burst of 2: 1 a second
    wait_for(lambda: listening.current.exchanges["coinbase"].budget_share == 0.125)
    venue.holds_after["BTC-USD"] = 3
    began = time.monotonic()
    loading = Loading(listening)
    with held(venue, listening):
        tell(database, SHARE.format(1.0))
    loading.wait()
    times = [at for at, name, _ in venue.asked if name == "BTC-USD"]
    assert times[3] - began > 2.9
    gaps = [after - before for before, after in itertools.pairwise(times[4:])]
    assert sorted(gaps)[len(gaps) // 2] < 0.5


def test_a_changed_threshold_holds_from_the_next_request_on(database, venue, listening):
    venue.holds_after["BTC-USD"] = 1
    loading = Loading(listening)
    with held(venue, listening):
        tell(database, THRESHOLD.format("attempts", 1))
        venue.fails = True
    loading._thread.join(600)
    (failure,) = loading.source.failures
    assert "attempt 1 of 1" in str(failure)


def test_an_address_that_changes_is_asked_from_the_next_request_on(
    database, venue, listening, monkeypatch
):
    venue.holds_after["BTC-USD"] = 1
    loading = Loading(listening)
    with held(venue, listening):
        tell(
            database,
            "insert into config.endpoints values ('coinbase', 'BULLION_X_URL')",
        )
    loading._thread.join(600)
    (failure,) = loading.source.failures
    assert "endpoint coinbase: BULLION_X_URL is no setting of an address" in str(
        failure
    )
