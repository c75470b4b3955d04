"""The flows of history on a Prefect server: backfill, the archive's day, reconcile."""

import subprocess
import sys

import pytest

from pipelines import warehouse
from pipelines.sandbox.running import running
from pipelines.settings import settings
from tests.services.prefect_server import prefect_server

NOW = "2024-03-01T12:00:30Z"


@pytest.fixture(scope="module")
def server_of_prefect(tmp_path_factory):
    with prefect_server(tmp_path_factory.mktemp("prefect")) as started:
        yield started


@pytest.fixture(scope="module")
def sandbox():
    with running(in_thread=True, now=NOW, frozen=True, rate_limit=False) as started:
        yield started


@pytest.fixture
def prefect(server_of_prefect, sandbox, seeded, monkeypatch):
    for name, url in sandbox.environment.items():
        monkeypatch.setenv(name, url)
    settings.cache_clear()
    yield server_of_prefect
    sandbox.clear_faults()


def select(text):
    with warehouse.connect(None, "test") as connection:
        return connection.execute(text).fetchall()


HISTORY = """
from datetime import date
from prefect_flows.backfill import apply_plans, backfill
from prefect_flows.load import load_scope
from prefect_flows.reconcile import reconcile
apply_plans.retries = load_scope.retries = 0
backfill("2024-02-28", "2024-03-01T03:00Z", ["binance"], ["BTC/USDT"], tests="none")
(found,) = reconcile(date(2024, 2, 29), None, ["BTC/USDT"])
assert (found.archive_count, found.rest_count, found.changed_count) == (1440, 0, 0)
"""


@pytest.mark.slow
def test_a_backfill_is_planned_applied_and_built_and_a_day_reconciled(prefect):
    done = subprocess.run(
        [sys.executable, "-c", HISTORY],
        env=prefect.environment,
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    runs = prefect.task_runs("plan", "apply", "load archive binance", "compare")
    states = {name: run["state_name"] for name, run in runs.items()}
    assert set(states.values()) == {"Completed"}
    grades = select(
        "select evidence_grade, count(*) from gold.fct_candles"
        " where timeframe = '1m' group by 1 order by 1"
    )
    assert grades == [("closed", 180), ("sealed", 2880)]
    (artifact,) = prefect.found("artifacts")
    assert artifact["key"] == "reconcile"
    assert "1440" in str(artifact["data"])
