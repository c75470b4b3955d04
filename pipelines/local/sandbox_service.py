"""The sandbox as a service: the simulated venues, started like every other one."""

import json
import re
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

from pipelines.errors import SetupError
from pipelines.local import place
from pipelines.local import port as ports
from pipelines.local.account import own_account, read_json
from pipelines.local.port import HOST
from pipelines.local.process import Detached
from pipelines.local.service import Say, set_aside
from pipelines.settings import PROJECT_DIR, child_environment, make_private, settings

NAME = "sandbox"
MODULE = "pipelines.sandbox"
URL_LINE = re.compile(r"^(BULLION_[A-Z_]+_URLS?)=(\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Sandbox:
    """The service; `arguments` are those of `bullion sandbox serve` but the port.

    `module` is what `python -m` runs: a test has a server of its own.
    """

    data_dir: Path
    port: int | None = None
    arguments: tuple[str, ...] = ()
    module: str = MODULE
    name: str = NAME
    ready_timeout_s: float = 60

    @classmethod
    def from_settings(cls, arguments: tuple[str, ...] = ()) -> "Sandbox":
        """The one that `bullion up` starts."""
        return cls(place.data_dir(), settings().sandbox_port, arguments)

    @property
    def log(self) -> Path:
        """What the server writes; the venues' addresses among it."""
        return self._folder / "sandbox.log"

    @property
    def address(self) -> str | None:
        """The server's address, without a venue's part."""
        port = self._known_port()
        return f"http://{HOST}:{port}" if port else None

    def fetch(self, say: Say) -> None:
        """Nothing to fetch: it is part of the project."""

    def verify(self) -> None:
        """Nothing to verify: it is part of the project."""

    def configure(self, say: Say) -> None:  # the shape's signature
        """Choose the port: the given one, or the one of last time while it is free."""
        make_private(self._folder)
        port = ports.given(self.port, "BULLION_SANDBOX_PORT") or ports.keep(
            self._known_port(), f"{NAME} {self.data_dir}", NAME, say
        )
        own_account().write(self._port_file, json.dumps(port))

    def start(self, say: Say) -> None:
        set_aside(self.log)
        port = self._known_port()
        if port is None:
            raise SetupError(f"{self._port_file} is gone: run `bullion up` again")
        self._process.start(
            [
                *(sys.executable, "-m", self.module),
                *("serve", "--port", str(port)),
                *("--chain-since", self._began(), *self.arguments),
            ],
            log=self.log,
            environment=child_environment({"PYTHONUNBUFFERED": "1"}),
            folder=PROJECT_DIR,
        )

    def resume(self, say: Say) -> None:
        """Nothing: it has no settings."""

    def running(self) -> bool:
        """Whether the process that was started is alive."""
        return self._process.pid() is not None

    def ready(self) -> bool:
        """Whether `GET /health` answers 200."""
        port = self._known_port()
        if not port or not self.running():
            return False
        response = ports.http_get(HOST, port, "/health")
        return response is not None and response[0] == HTTPStatus.OK

    def stop(self, say: Say) -> None:
        self._process.stop()

    def delete(self, say: Say) -> None:
        if self.running():
            raise SetupError("the sandbox runs: stop it before its data is deleted")
        place.delete_state(self.data_dir, NAME)

    def urls(self) -> dict[str, str]:
        """The settings that lead to it, as it printed them."""
        if not self.log.exists():
            return {}
        return dict(URL_LINE.findall(self.log.read_text(encoding="utf-8")))

    def _began(self) -> str:
        """When it was first started: its chains are the same at each start.

        Kept where the warehouse's data lies too, which outlives a data directory that
        is lost: the chains that it has rows of go on.
        """
        outside = place.existing_state_folder(self.data_dir, NAME)
        files = [folder / "began.json" for folder in (self._folder, outside)]
        kept = next(filter(None, map(read_json, reversed(files))), None)
        began = str(kept or datetime.now(UTC).isoformat(timespec="seconds"))
        for file in files:
            make_private(file.parent)
            own_account().write(file, json.dumps(began))
        return began

    @property
    def _folder(self) -> Path:
        return self.data_dir / NAME

    @property
    def _port_file(self) -> Path:
        return self._folder / "port.json"

    @property
    def _process(self) -> Detached:
        return Detached(self._folder / "process.json")

    def _known_port(self) -> int | None:
        port: int | None = read_json(self._port_file)
        return port
