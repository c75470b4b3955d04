"""A collector killed -9 at any moment leaves effects that the next one completes."""

import os
import signal
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg
import pytest

from pipelines.settings import settings, upstream_url
from tests.contents.roles import run
from tests.integration.collector.test_collector import added
from tests.services.collecting import (
    ADD,
    EXCHANGE,
    TELL,
    coinbase,
    commit,
    effects,
    told,
    wait_for,
)
from tests.services.forks import Fork, forks

LOADED = "select count(*) from ops.loads where schema_name = 'bronze_exchange'"
TWICE = """
select opened_at_ms from bronze_exchange.ohlcv
group by symbol, opened_at_ms, request_id having count(*) > 1
"""
CHUNKS = """
select distinct c.state from ops.backfill_chunks as c
inner join ops.backfills as b on c.plan_id = b.plan_id and b.subject = 'ETH/USD'
"""
CANDLES = "lock table bronze_exchange.ohlcv in share mode"
EFFECT = "select from ops.config_effects for update"


@pytest.fixture
def venue(database, monkeypatch):
    with coinbase(monkeypatch, "BTC-USD", "ETH-USD") as one:
        commit(database, EXCHANGE, f"{ADD} ('coinbase', 'BTC/USD', '-PT5M')")
        yield one


class Collector:
    """A collector as a process; nothing is loaded but at first and at once."""

    def __init__(self, forks, log, variables):
        self.log = log
        self.fork: Fork | None = None
        self._forks = forks
        self._variables = variables

    def start(self):
        self.fork = self._forks.start(str(self.log), environment=self._variables)

    def end(self, number):
        """Send a signal and wait; the exit code."""
        fork, self.fork = self.fork, None
        assert fork
        os.kill(fork.pid, number)
        return fork.wait()

    def kill(self):
        assert self.end(signal.SIGKILL) == -signal.SIGKILL


@pytest.fixture(scope="module")
def forking():
    with forks("tests.services.collecting:work") as one:
        yield one


@pytest.fixture
def collector(forking, database, venue, tmp_path):
    known = settings()
    password = known.pgpassword.get_secret_value() if known.pgpassword else ""
    variables = {
        "PGHOST": str(known.pghost),
        "PGPORT": str(known.pgport),
        "PGDATABASE": known.pgdatabase,
        "PGUSER": known.pguser,
        "PGPASSWORD": password,
        "BULLION_DATA_DIR": str(known.data_dir),
        "BULLION_COINBASE_URL": str(upstream_url("BULLION_COINBASE_URL")),
    }
    log = tmp_path / "collect.log"
    log.touch()
    one = Collector(forking, log, variables)
    one.start()
    yield one
    if one.fork:
        one.kill()


@contextmanager
def held(database, statement):
    """What the statement locks is held: whoever needs it waits."""
    with psycopg.connect(**database) as connection:
        connection.execute(statement)
        yield
        connection.rollback()


def end_what_waits(database):
    """A backend that waits for a lock does not see that its client died: it goes on."""
    end = "select pg_terminate_backend(pid) from pg_stat_activity"
    run(database, None, f"{end} where wait_event_type = 'Lock'")


def wait_until_it_waits(database, query):
    """A backend waits for a lock with such a query."""
    found = (
        "select count(*) from pg_stat_activity"
        f" where wait_event_type = 'Lock' and query ilike '%{query}%'"
    )
    wait_for(lambda: run(database, None, found) != [(0,)])


def killed_while_the_venue_is_asked(database, venue, collector):
    venue.blocks.add("ETH-USD")
    run(database, None, TELL)
    wait_for(lambda: venue.pages("ETH-USD"))
    collector.kill()
    venue.blocks.clear()
    venue.freed.set()
    return "waiting"


def killed_before_it_is_applied(database, venue, collector):
    with held(database, EFFECT):
        run(database, None, TELL)
        wait_until_it_waits(database, "apply_config_effects")
        collector.kill()
        end_what_waits(database)
    return "waiting"


def killed_before_its_rows_are_delivered(database, venue, collector):
    with held(database, CANDLES):
        run(database, None, TELL)
        wait_for(lambda: effects(database)[-1].outcome == "applied")
        wait_until_it_waits(database, "copy")
        collector.kill()
    return "applied"


def killed_before_its_first_row_is_noted(database, venue, collector):
    with held(database, CANDLES):
        run(database, None, TELL)
        wait_for(lambda: effects(database)[-1].outcome == "applied")
        noting = held(database, EFFECT)
        noting.__enter__()
    wait_until_it_waits(database, "note_first_row")
    collector.kill()
    end_what_waits(database)
    noting.__exit__(None, None, None)
    return "applied"


@pytest.mark.parametrize(
    "killed",
    [
        killed_while_the_venue_is_asked,
        killed_before_it_is_applied,
        killed_before_its_rows_are_delivered,
        killed_before_its_first_row_is_noted,
    ],
    ids=lambda killed: killed.__name__,
)
def test_effects_are_complete_after_a_kill(database, venue, collector, killed):
    wait_for(lambda: run(database, None, LOADED) == [(1,)], why=collector.log.read_text)
    at = commit(database, f"{ADD} ('coinbase', 'ETH/USD', '-PT9H')")
    told(database, at, added("ETH/USD"), tell=False)

    outcome = killed(database, venue, collector)

    (found,) = effects(database)
    assert (found.outcome, found.first_row_at) == (outcome, None)
    collector.start()
    wait_for(lambda: effects(database)[-1].first_row_at, why=collector.log.read_text)
    wait_for(lambda: run(database, None, CHUNKS) == [("done",)])
    assert collector.end(signal.SIGTERM) == 0
    (found,) = effects(database)
    assert found.outcome == "applied"
    assert at <= found.first_row_at <= datetime.now(UTC)
    assert run(database, None, TWICE) == []
