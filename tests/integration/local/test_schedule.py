"""`bullion schedule`: a server, its deployments, and a worker that runs some."""

import json
import time

import pytest
from typer.testing import CliRunner

from pipelines.cli.main import app
from pipelines.local.prefect_services import PrefectServer
from pipelines.sandbox.running import running
from tests.services.evm_loads import bronze
from tests.services.prefect_server import PrefectServer as Asked

RUNNER = CliRunner()
RUN_S = 300  # of which a run has ten on an idle machine
NOBODY = "http://127.0.0.1:1/api"  # listens there
NOW = "2025-06-01T12:00:00Z"
BLOCKS = 12
NEWEST = 6  # of them are loaded before
# deployments of chains that end by themselves: their flows, and what else they are told
OF_CHAINS = {
    "contracts": ("read contracts/contracts",),
    "daily-verify": ("verify chain/daily-verify", "--param", "one_in=1"),
    "history-of-chains": ("backfill chain/history-of-chains", "--param", "first=0"),
}


def bullion(*words):
    told = RUNNER.invoke(app, words)
    assert told.exit_code == 0, told.output
    return told.stdout


def are_ready(*words):
    return [(s["name"], s["is_ready"]) for s in json.loads(bullion(*words, "--json"))]


def states(asked, deployment_id):
    """Of the deployment's runs; one that the clock began may stand before ours."""
    runs = asked.found("flow_runs")
    return [r["state_type"] for r in runs if r["deployment_id"] == deployment_id]


@pytest.fixture
def chain(home, monkeypatch):
    """A simulated chain, which whatever is started here asks."""
    options = {"chain_blocks": BLOCKS, "chain_transactions": 6}
    with running(now=NOW, frozen=True, in_thread=True, **options) as sandbox:
        monkeypatch.setenv("BULLION_ETHEREUM_RPC_URLS", sandbox.rpc_url())
        yield sandbox


def verified(asked):
    """How many blocks have each result of a proof, as the run's table has it."""
    (told,) = (a for a in asked.found("artifacts") if a["key"] == "verify-chain")
    rows = json.loads(told["data"])
    return {(row["proof"], row["result"]): int(row["blocks"]) for row in rows}


@pytest.mark.slow(150)
def test_what_is_deployed_is_run_by_a_worker_until_both_are_stopped(home, chain):
    bullion("up", "postgres")  # before the clock begins a run: it reads these blocks
    span = ("--from", str(BLOCKS - NEWEST), "--to", str(BLOCKS))
    bullion("load", "evm", "--chain", "ethereum", *span)
    both = [("prefect-server", True), ("prefect-worker", True)]
    assert are_ready("schedule", "up") == both
    assert are_ready("schedule", "status") == both
    server = PrefectServer.from_settings()
    asked = Asked(f"{server.address}/api", home / "prefect")
    # what else the clock begins would take the time that these runs need
    asked.prefect("--no-prompt", "deployment", "schedule", "pause", "--all")
    ids = {d["name"]: d["id"] for d in asked.found("deployments")}
    for words in OF_CHAINS.values():
        asked.prefect("deployment", "run", *words)
    deadline = time.monotonic() + RUN_S
    for name in OF_CHAINS:
        while "COMPLETED" not in (seen := states(asked, ids[name])):
            assert time.monotonic() < deadline, (name, seen)
            time.sleep(0.5)
    calls = dict(
        bronze("contract_reads", "call, count(distinct contract_address)", "group by 1")
    )
    assert set(calls) == {"symbol", "name", "decimals"}
    assert len(set(calls.values())) == 1
    counts = verified(asked)  # the clock may have begun to follow the chain as well
    assert counts["receipts_root", "passed"] >= NEWEST
    assert "failed" not in {result for _, result in counts}
    assert {n for (n,) in bronze("blocks", "block_number")} >= set(range(BLOCKS))

    assert are_ready("schedule", "down") == [
        ("prefect-worker", False),
        ("prefect-server", False),
    ]
    assert ("postgres", True) in are_ready("status")


def test_without_a_server_to_deploy_to_it_is_said_in_a_sentence(home, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", NOBODY)
    told = RUNNER.invoke(app, ["schedule", "deploy"])
    assert told.exit_code == 69
    assert told.output.startswith(
        "bullion: no Prefect server answers at http://127.0.0.1:1 (connection refused):"
        " `bullion schedule up` starts one here"
    )
