"""The flows as people run them: deployed, on a Prefect server, against the sandbox."""

import json
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import yaml

from pipelines import telemetry, warehouse
from pipelines.sandbox.running import running
from pipelines.settings import PROJECT_DIR, settings
from pipelines.sources import members
from tests.contents.roles import run as run_sql
from tests.fakes.evm_readings import chained, loaded
from tests.services.collecting import wait_for
from tests.services.evm_loads import held
from tests.services.prefect_server import prefect_server

FILE = PROJECT_DIR / "prefect_flows" / "prefect.yaml"
YAML = yaml.safe_load(FILE.read_text(encoding="utf-8"))
DEPLOYMENTS = {d["name"]: d for d in YAML["deployments"]}
NOW = "2024-03-01T12:00:30Z"
RPC_URLS = "BULLION_ETHEREUM_RPC_URLS"


@pytest.fixture(scope="module")
def server_of_prefect(tmp_path_factory):
    with prefect_server(tmp_path_factory.mktemp("prefect")) as started:
        yield started


@pytest.fixture(scope="module")
def sandbox():
    with running(in_thread=True, now=NOW, frozen=True, rate_limit=False) as started:
        yield started


@pytest.fixture
def prefect(server_of_prefect, sandbox, parsed_and_seeded, monkeypatch):
    """The server that flows report to; they load from the sandbox."""
    for name, url in sandbox.environment.items():
        monkeypatch.setenv(name, url)
    settings.cache_clear()
    yield replace(server_of_prefect, since=datetime.now(UTC))
    sandbox.clear_faults()


def select(text):
    with warehouse.connect(None, "test") as connection:
        return connection.execute(text).fetchall()


def run(prefect, text):
    """Run it in a process of its own, as a worker does; its stderr."""
    done = subprocess.run(
        [sys.executable, "-c", text],
        env=prefect.environment,
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    return done.returncode, done.stderr


STOPPED = """
import signal
from threading import Event
from prefect import flow
from prefect_flows.retries import waited_for
from pipelines.upstream import stopping
stopping.AGAIN_S = 1
@flow
def first(): pass
first.on_completion(lambda *_: signal.raise_signal(signal.SIGINT))
with waited_for():
    first()
    Event().wait(60)
    raise SystemExit("it was not stopped")
"""


def test_a_ctrl_c_that_comes_as_a_flow_ends_stops_what_follows(prefect):
    code, told = run(prefect, STOPPED)
    assert code == -signal.SIGINT, told[-3000:]


# a node is a task, of a third of a second: what candles of one series do not reach is
# left out
FEWER_NODES = """
from functools import partial
from prefect_flows import backfill as backfill_module, refresh as refresh_module
for module in (backfill_module, refresh_module):
    candles = ["+fct_candles", "+fct_gaps", "+dim_instruments"]
    module.transform = partial(module.transform, candles)
"""
HISTORY = f"""{FEWER_NODES}
from datetime import date
from prefect_flows.backfill import apply_plans, backfill
from prefect_flows.load import load_scope
from prefect_flows.reconcile import reconcile
apply_plans.retries = load_scope.retries = 0
backfill("2024-02-28", "2024-03-01T03:00Z", ["binance"], ["BTC/USDT"], tests="none")
(found,) = reconcile(date(2024, 2, 29), None, ["BTC/USDT"])
assert (found.archive_count, found.rest_count, found.changed_count) == (1440, 0, 0)
"""


@pytest.mark.slow(40)
def test_a_backfill_is_planned_applied_and_built_and_a_day_reconciled(prefect):
    code, told = run(prefect, HISTORY)
    assert code == 0, told[-3000:]
    runs = prefect.task_runs("plan", "apply", "load archive binance", "compare")
    states = {name: run["state_name"] for name, run in runs.items()}
    assert set(states.values()) == {"Completed"}
    kinds = {name.split()[0] for name in states}  # `tests` is none
    assert {"model", "seed"} <= kinds
    assert kinds.isdisjoint({"test", "unit_test"})
    grades = select(
        "select evidence_grade, count(*) from gold.fct_candles"
        " where timeframe = '1m' group by 1 order by 1"
    )
    assert grades == [("closed", 180), ("sealed", 2880)]
    (artifact,) = prefect.found("artifacts")
    assert artifact["key"] == "reconcile"
    assert "1440" in str(artifact["data"])


REFRESH = f"""{FEWER_NODES}
from prefect_flows.load import load_scope
from prefect_flows.refresh import refresh
load_scope.retries, load_scope.retry_delay_seconds = 1, [0]
refresh(["kraken", "binance"], ["BTC/USDT"], "2024-03-01T10:00:00Z")
"""


@pytest.mark.slow(60)
def test_a_venue_that_is_down_fails_alone_and_the_flow_after_the_build(
    prefect, sandbox
):
    sandbox.inject("server_error", probability=1.0, exchange_id="kraken")

    code, told = run(prefect, REFRESH)

    assert code == 1
    # a client that still sends events says so after it
    assert "\npipelines.errors.UpstreamError: " in told
    marts = {"model fct_candles", "model fct_gaps", "model dim_instruments"}
    runs = prefect.task_runs("load exchange kraken", "load exchange binance", *marts)
    states = {name: r["state_name"] for name, r in runs.items()}
    assert states["load exchange kraken"] == "Failed"
    assert runs["load exchange kraken"]["run_count"] == 2
    assert states["load exchange binance"] == "Completed"
    built = {name: state for name, state in states.items() if name[:6] == "model "}
    assert marts | {"model int_candles_graded"} <= set(built)
    assert set(built.values()) == {"Completed"}
    assert {name.split()[0] for name in states} >= {"seed", "test"}
    assert "Running" not in states.values()
    flows = {r["state_name"] for r in prefect.found("flow_runs")}
    assert flows == {"Completed", "Failed"}
    query = "select distinct exchange_id from gold.fct_candles"
    assert select(query) == [("binance",)]


VERIFY = """
from prefect_flows.verify_chain import verify_chain
verify_chain(["ethereum"], one_in=1)
"""


@pytest.mark.slow(30)
def test_blocks_are_proved_again_and_a_proof_that_fails_fails_the_flow(prefect):
    loaded(chained(3))
    code, told = run(prefect, VERIFY)
    assert code == 0, told
    assert "chain=ethereum blocks=3 transactions=9 failed=0" in told

    with warehouse.connect(None, "test") as connection:
        connection.execute("update bronze_evm.blocks set gas_limit = 1")
    code, told = run(prefect, VERIFY)
    assert code == 1
    assert "BadDataError: header_hash of block 100 of ethereum: block_hash is" in told
    runs = prefect.task_runs("verify ethereum")
    assert {name: one["state_name"] for name, one in runs.items()} == {
        "verify ethereum": "Completed"
    }


SENTIMENT = """
from prefect_flows.load_sentiment import load_sentiment, load_source
load_source.retries = 0
load_sentiment()
"""


@pytest.mark.slow(20)
def test_what_is_said_is_loaded_source_by_source_and_scored(prefect, sandbox):
    sandbox.inject("redirect", probability=1.0, exchange_id="bluesky")

    code, told = run(prefect, SENTIMENT)

    assert code == 1
    assert "bluesky search bitcoin: " in told
    names = members("sentiment")
    runs = prefect.task_runs(*(f"load {name}" for name in names), "score texts")
    states = {name: one["state_name"] for name, one in runs.items()}
    assert states.pop("load bluesky") == "Failed"
    assert set(states.values()) == {"Completed"}
    scored = select(
        "select i.source, count(*) > 100 from bronze_sentiment.text_items as i"
        " inner join bronze_sentiment.text_scores as s using (text_hash)"
        " where s.scorer = 'vader' group by 1 order by 1"
    )
    assert scored == [("hacker_news", True), ("news", True)]  # Reddit is off


ALERTS = """
from prefect import flow
from pipelines.errors import UpstreamError
from prefect_flows.alerts import alerting
@alerting
@flow
def part(fails):
    if fails:
        raise UpstreamError("kraken did not answer")
@alerting
@flow
def daily(fails):
    part(fails)
for fails in (False, True, True, False, False):
    daily(fails, return_state=True)
"""


def test_a_flow_tells_once_that_it_fails_and_once_that_it_works_again(
    prefect, monkeypatch
):
    with alerts_taken() as (address, taken):
        monkeypatch.setenv("BULLION_ALERT_URLS", f"json://{address} nowhere://key")
        code, told = run(prefect, ALERTS)
    assert code == 0, told
    assert [alert["type"] for alert in taken] == ["failure", "success"]
    assert taken[0]["title"].startswith("bullion: daily failed (")
    assert "kraken did not answer" in taken[0]["message"]
    assert taken[1]["title"] == "bullion: daily works again"
    assert told.count("address 2 of BULLION_ALERT_URLS took no alert") == 2
    assert "nowhere://key" not in told


FOLLOW = """
from prefect_flows.follow_chain import follow_chain
follow_chain(["ethereum"])
"""


@pytest.fixture
def two_nodes(prefect, parsed_and_seeded, monkeypatch):
    """A chain of nine blocks, which is followed from two endpoints."""
    change = "update config.chains set since_block = 0, block_time_s = 1"
    run_sql(parsed_and_seeded, "operator", change)
    with running(now=NOW, frozen=True, in_thread=True, chain_blocks=8) as sandbox:
        urls = " ".join(sandbox.rpc_url(name) for name in ("alpha", "beta"))
        for name, url in {**sandbox.environment, RPC_URLS: urls}.items():
            monkeypatch.setenv(name, url)
        yield sandbox


@pytest.mark.slow(30)
def test_blocks_that_no_endpoint_has_right_are_one_alert_and_followed_all_the_same(
    prefect, two_nodes, monkeypatch, tmp_path
):
    for name in ("alpha", "beta"):
        origin = f"evm/ethereum/{name}"
        two_nodes.inject("log_omitted", exchange_id=origin, probability=1)
    log = tmp_path / "log"
    with alerts_taken() as (address, taken), log.open("wb") as out:
        monkeypatch.setenv("BULLION_ALERT_URLS", f"json://{address}")
        words = [sys.executable, "-c", FOLLOW]
        env = prefect.environment
        with subprocess.Popen(words, env=env, stderr=out) as following:
            wait_for(lambda: taken, 120, log.read_text)
            wait_for(lambda: len(held()) == 9, 120, log.read_text)
            two_nodes.clear_faults()
            two_nodes.fork(1, 3)
            wait_for(lambda: len(held()) == 11, 120, log.read_text)
            following.terminate()
            assert following.wait(120) == 0, log.read_text()
    (alert,) = taken
    assert alert["type"] == "failure"
    assert alert["title"] == "bullion: what was loaded may be wrong"
    assert alert["message"].startswith("ethereum: ")
    assert "not whole or not proved" in alert["message"]
    assert "receipts_root: " in alert["message"]


@contextmanager
def alerts_taken():
    """The address of somebody who takes alerts as JSON, and what he has taken."""
    taken = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers["Content-Length"])
            taken.append(json.loads(self.rfile.read(length)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}", taken
        server.shutdown()


def test_the_deployments_are_taken_by_a_server_as_they_stand(server_of_prefect):
    server_of_prefect.prefect("work-pool", "create", "bullion", "--type", "process")
    place = ("--prefect-file", str(FILE), "--all")
    server_of_prefect.prefect("--no-prompt", "deploy", *place)
    found = {d["name"]: d for d in server_of_prefect.found("deployments")}
    assert set(found) == set(DEPLOYMENTS)
    for name, wanted in DEPLOYMENTS.items():
        deployed = found[name]
        assert deployed["entrypoint"] == wanted["entrypoint"]
        assert deployed["pull_steps"] in (None, [])  # the installed package is run
        assert set(deployed["tags"]) == set(wanted["tags"])
        assert deployed["global_concurrency_limit"]["limit"] == 1
        assert deployed["job_variables"]["env"] == telemetry.OFF
        # a server gives schedules back in no order
        crons = {s["schedule"]["cron"]: s["active"] for s in deployed["schedules"]}
        assert crons == {s["cron"]: s.get("active", True) for s in wanted["schedules"]}
