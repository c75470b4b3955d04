"""A Prefect server of a test's own on 127.0.0.1, with its state in a test's folder."""

import http.client
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from pipelines import telemetry
from pipelines.local import port as ports
from pipelines.settings import PROJECT_DIR, child_environment

EVENTS_S = 300
PAGE = 200  # the most that the server gives
START_S = 300  # 16 s seen on two busy cores


@dataclass(frozen=True)
class PrefectServer:
    """Where it is, and the environment in which `prefect` talks to it.

    Runs that began before `since` are another test's.
    """

    api_url: str
    home: Path
    since: datetime = datetime(2000, 1, 1, tzinfo=UTC)

    @property
    def environment(self) -> dict[str, str]:
        """For commands that are to use it."""
        return child_environment(
            {
                **telemetry.OFF,
                "PREFECT_HOME": str(self.home),
                "PREFECT_API_URL": self.api_url,
                "PYTHONPATH": str(PROJECT_DIR),
            }
        )

    def prefect(self, *words: str) -> str:
        """What `prefect WORDS` prints."""
        done = subprocess.run(
            [sys.executable, "-m", "prefect", *words],
            cwd=PROJECT_DIR,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def found(self, entities: str, **filters: object) -> list[dict[str, Any]]:
        """Every deployment, flow run or task run that fits."""
        if entities in ("flow_runs", "task_runs"):
            after = {"after_": self.since.isoformat()}
            filters[entities] = {"expected_start_time": after}
        found: list[dict[str, Any]] = []
        with requests.Session() as session:
            session.trust_env = False
            url = f"{self.api_url}/{entities}/filter"
            while len(found) % PAGE == 0:
                page = {"limit": PAGE, "offset": len(found), **filters}
                answer = session.post(url, json=page, timeout=120)
                answer.raise_for_status()
                if not (rows := answer.json()):
                    break
                found += rows
        return found

    def task_runs(self, *beginnings: str) -> dict[str, dict[str, Any]]:
        """Each by its name, once all have ended and names that begin so are there.

        The server writes them down from events: a while after their process has ended.
        """
        deadline = time.monotonic() + EVENTS_S
        while True:
            runs = {run["name"]: run for run in self.found("task_runs")}
            there = all(any(n.startswith(b) for n in runs) for b in beginnings)
            if there and all(map(_has_ended, runs.values())):
                return runs
            assert time.monotonic() < deadline, runs
            time.sleep(0.2)


def _has_ended(run: dict[str, Any]) -> bool:
    return run["state_type"] in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


@contextmanager
def prefect_server(folder: Path) -> Iterator[PrefectServer]:
    """Start it, and end it."""
    port = ports.choose(f"prefect {folder}")
    server = PrefectServer(f"http://127.0.0.1:{port}/api", folder)
    words = ("server", "start", "--host", "127.0.0.1", "--port", str(port))
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "prefect", *words, "--no-ui"],
            env=server.environment,
            stdout=log,
            stderr=log,
        )
    try:
        deadline = time.monotonic() + START_S
        while not _answers(port):
            assert process.poll() is None, (folder / "server.log").read_text()
            assert time.monotonic() < deadline, "the Prefect server did not start"
            time.sleep(0.2)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def _answers(port: int) -> bool:
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        asked.request("GET", "/api/health")
        return asked.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asked.close()
