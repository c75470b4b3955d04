"""`bullion schedule`: a server, its deployments, and a worker that runs one of them."""

import json
import time

import pytest
from typer.testing import CliRunner

from pipelines.cli.main import app
from pipelines.local.prefect_services import PrefectServer
from tests.services.prefect_server import PrefectServer as Asked

RUNNER = CliRunner()
RUN_S = 300  # of which a run has ten on an idle machine
NOBODY = "http://127.0.0.1:1/api"  # listens there


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


@pytest.mark.slow(120)
def test_what_is_deployed_is_run_by_a_worker_until_both_are_stopped(home):
    both = [("prefect-server", True), ("prefect-worker", True)]
    assert are_ready("schedule", "up") == both
    assert are_ready("schedule", "status") == both
    server = PrefectServer.from_settings()
    asked = Asked(f"{server.address}/api", home / "prefect")
    (deployment,) = [d for d in asked.found("deployments") if d["name"] == "contracts"]
    asked.prefect("deployment", "run", "read contracts/contracts")
    deadline = time.monotonic() + RUN_S
    while "COMPLETED" not in states(asked, deployment["id"]):
        assert time.monotonic() < deadline, states(asked, deployment["id"])
        time.sleep(0.5)

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
