"""Prefect on this machine: its server, and a worker that runs what is deployed there.

Both keep their state in the folder in which commands keep theirs, so that the server
shows the runs of `bullion demo`, too. They are watched: started again when they die.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import ClassVar, Self

from pipelines import telemetry
from pipelines.errors import SetupError
from pipelines.local import place
from pipelines.local.port import HOST, http_get
from pipelines.local.service import Say
from pipelines.local.watched_service import WatchedService
from pipelines.settings import child_environment, make_private

POOL = "bullion"  # as prefect_flows/prefect.yaml names it
HOME = "prefect"  # in the data directory


@dataclass(frozen=True)
class PrefectService(WatchedService):
    """A process of Prefect's; `health` is where it says that it works."""

    health: ClassVar[str]

    ready_timeout_s: float = 600  # 16 s seen on two idle cores, 180 on busy ones

    @classmethod
    def from_settings(cls) -> Self:
        """The one that `bullion schedule up` starts."""
        return cls(place.data_dir(), place.cache_dir())

    @property
    def address(self) -> str | None:
        """Where it answers; None before it was first configured."""
        port = self._port
        return f"http://{HOST}:{port}" if port else None

    def fetch(self, say: Say) -> None:
        """Nothing to fetch: Prefect is a dependency."""

    def verify(self) -> None:
        """Nothing to verify: Prefect is a dependency."""

    def configure(self, say: Say) -> None:
        """Choose the port."""
        make_private(self.folder)
        self.ports.settle({self.name: None}, {}, say)

    def ready(self) -> bool:
        """Whether it says that it works."""
        port = self._port
        answer = http_get(HOST, port, self.health) if port else None
        return answer is not None and answer[0] == HTTPStatus.OK

    @property
    def _port(self) -> int | None:
        return self.ports.known().get(self.name)


@dataclass(frozen=True)
class PrefectServer(PrefectService):
    """The server: schedules, runs and their logs, and the pages that show them."""

    name: ClassVar[str] = "prefect-server"
    health: ClassVar[str] = "/api/health"

    def launch(self) -> tuple[Sequence[str | Path], Mapping[str, str]]:
        """The server's command, and its environment."""
        words = ("server", "start", "--host", HOST, "--port", str(self._port))
        return (sys.executable, "-m", "prefect", *words), self.environment()

    def environment(self) -> dict[str, str]:
        """For what is to talk to it: ours, with this warehouse's settings."""
        return child_environment(
            {
                **telemetry.OFF,
                "BULLION_DATA_DIR": str(self.data_dir),
                "PREFECT_HOME": str(self.data_dir / HOME),
                "PREFECT_API_URL": f"{self.address}/api",
            }
        )


@dataclass(frozen=True)
class PrefectWorker(PrefectService):
    """The worker: a process for each run, with the settings of whoever started it."""

    name: ClassVar[str] = "prefect-worker"
    health: ClassVar[str] = "/health"

    def launch(self) -> tuple[Sequence[str | Path], Mapping[str, str]]:
        """The worker's command, and its environment, which runs inherit."""
        server = PrefectServer(self.data_dir, self.cache_dir)
        if not server.address:
            raise SetupError("there is no Prefect server: `bullion schedule up`")
        # the name tells the process from that of another data directory
        words = (
            "--pool",
            POOL,
            "--name",
            f"bullion-{self._port}",
            "--with-healthcheck",
        )
        asked = {
            "PREFECT_WORKER_WEBSERVER_HOST": HOST,
            "PREFECT_WORKER_WEBSERVER_PORT": str(self._port),
        }
        command = (sys.executable, "-m", "prefect", "worker", "start", *words)
        return command, server.environment() | asked


def api_of_ours() -> str | None:
    """The API of the server that `bullion schedule up` started; None: it is not up."""
    server = PrefectServer.from_settings()
    return f"{server.address}/api" if server.running() and server.ready() else None
