"""A source that is only declared is collected, backfilled, replayed, survives kills."""

import random
import time
from datetime import UTC, datetime

import pytest

from pipelines import warehouse
from pipelines.backfill import display, ledger, status
from pipelines.backfill.apply import apply
from pipelines.backfill.plan import plan
from pipelines.backfill.plan_request import PlanRequest
from pipelines.backfill.replay import issue_again, parse_scope
from pipelines.collector.first_rows import first_row_of
from pipelines.config.model import Since
from pipelines.config.rows import configuration
from pipelines.settings import PROJECT_DIR
from pipelines.sources.connectors import connected
from tests.fakes.counter_source import KEY, STATE, declared_counters
from tests.services.collecting import collecting, wait_for
from tests.services.forks import forks
from tests.soak import times

KILLS = times(20, 4)
SQUARES = "select number, value::bigint from bronze_counter.counts order by number"
DISTINCT = SQUARES.replace("select", "select distinct")


@pytest.fixture(autouse=True)
def counters(database):
    with declared_counters():
        yield


def query(text):
    with warehouse.connect("loader", "test") as connection:
        if not warehouse.has_table(connection, "bronze_counter.counts"):
            return []
        return connection.execute(text).fetchall()


def squares(start, end):
    return [(n, n * n) for n in range(start, end)]


def planned(connectors, until=None):
    found = plan(PlanRequest(KEY, Since(number=0), until), connectors)
    with warehouse.connect("loader", "test") as connection:
        return found, ledger.plans(connection, [found.plan_id])


def backfilled():
    with connected(configuration(PROJECT_DIR / "seeds")) as connectors:
        found, plans = planned(connectors)
        done = apply(connectors, plans)
        again, _ = planned(connectors)
    return found, done, again


def work():
    def run():
        STATE["pause_s"] = 0.02
        with declared_counters():
            backfilled()

    return run


def test_its_history_is_planned_by_number_brought_and_accounted_for():
    found, done, again = backfilled()
    assert (found.unit, found.steps, found.chunks_count) == ("number", 2_000, 4)
    assert found.requests_count == 4 * (1 + 5)
    assert done.failures == []
    assert (done.chunks_count, done.rows_count) == (4, 2_000)
    assert query(SQUARES) == squares(0, 2_000)
    assert (again.chunks_count, again.held_steps) == (0, 2_000)
    with warehouse.connect("loader", "test") as connection:
        (row,) = display.plans(status.plans(connection))
        chunks = display.chunks(status.chunks(connection))
    assert row["series"] == "squares counts"
    assert row["span"] == "0 to 2,000"
    assert [chunk["by"] for chunk in chunks] == ["counting"] * 4
    assert chunks[1]["span"] == "500 to 1,000"


def test_its_first_row_is_found_and_its_loads_are_issued_again():
    began = datetime.now(UTC)
    backfilled()
    with warehouse.connect("loader", "test") as connection:
        assert first_row_of(connection, [KEY], began, None) is not None
        assert first_row_of(connection, [KEY], datetime.now(UTC), None) is None
    scope = parse_scope("2024-01-01", "2024-01-02", None, [KEY.scope])
    other = parse_scope("2024-01-01", "2024-01-02", None, ["cubes"])
    with warehouse.connect("transformer", "test") as connection:
        assert issue_again(connection, [], scope) == 4
        assert issue_again(connection, [], other) == 0


def test_it_is_collected_live_and_its_history_with_it(monkeypatch):
    with collecting(scopes=[KEY.scope], every_s=0.2, after_s=0) as done:
        wait_for(lambda: len(query(DISTINCT)) == 2_000, why=lambda: str(done))
        monkeypatch.setitem(STATE, "head", 2_050)
        wait_for(lambda: len(query(DISTINCT)) == 2_050, why=lambda: str(done))
    assert query(DISTINCT) == squares(0, 2_050)
    assert done.failures_count == 0
    requests = "select distinct scope, subject from bronze_counter.requests"
    assert query(requests) == [(KEY.scope, None)]


@pytest.mark.slow(30)
def test_killed_at_any_moment_it_goes_on_and_every_number_stands():
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    with forks("tests.integration.sources.test_made_up_source:work") as backfills:
        for _ in range(KILLS):
            running = backfills.start()
            time.sleep(chance.uniform(0.05, 1.0))
            running.kill()
        assert backfills.start().wait() == 0
    assert query(DISTINCT) == squares(0, 2_000)
    finished = (
        "select count(*), count(distinct number) from bronze_counter.counts"
        " where _dlt_load_id in (select load_id from bronze_counter._dlt_loads)"
    )
    assert query(finished) == [(2_000, 2_000)]
