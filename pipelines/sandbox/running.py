"""A running sandbox for tests and benchmarks, as a context manager."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

from pipelines.errors import SetupError
from pipelines.sandbox.options import Options
from pipelines.sandbox.serving import HOST, Server, bound, sandbox, set_clock
from pipelines.sandbox.upstreams import addresses
from pipelines.settings import PROJECT_DIR, child_environment

_START_S = 30.0
_STOP_S = 10.0


@dataclass(frozen=True)
class Running:
    """Where it is, and the handles of its control endpoints."""

    url: str
    pid: int | None = None

    def venue_url(self, exchange_id: str) -> str:
        """What to set `BULLION_<VENUE>_URL` to."""
        return f"{self.url}/{exchange_id}"

    @property
    def archive_url(self) -> str:
        """What to set `BULLION_ARCHIVE_URL` to."""
        return self.environment["BULLION_ARCHIVE_URL"]

    def rpc_url(
        self, endpoint: str = "main", key: str = "", chain: str = "ethereum"
    ) -> str:
        """A chain's endpoint, with a provider's key behind it."""
        return "/".join(filter(None, (self.url, "evm", chain, endpoint, key)))

    def rpc(self, method: str, *parameters: object, **where: str) -> Any:
        """The result of one call; `where` is what `rpc_url` takes.

        Raises:
            SetupError: the node answered an error.
        """
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        answer = self._asked("POST", self.rpc_url(**where), call)
        if "error" in answer:
            raise SetupError(f"{method}: {answer['error']}")
        return answer["result"]

    def fork(
        self, depth: int, length: int | None = None, **fields: Any
    ) -> list[dict[str, Any]]:
        """Other blocks in place of the newest ones; `fields` are those of `Fork`.

        The reorganisations that have happened come back, with both branches' hashes.
        """
        body = {"depth": depth, "length": length, **fields}
        happened: list[dict[str, Any]] = self._call("POST", "forks", body)
        return happened

    def rollback(self, depth: int, **fields: Any) -> list[dict[str, Any]]:
        """A fork to nothing: the chain gets shorter."""
        return self.fork(depth, 0, **fields)

    def chains(self) -> list[dict[str, Any]]:
        """Every chain, with its head and what is final of it."""
        listed: list[dict[str, Any]] = self._call("GET", "chains")
        return listed

    @property
    def environment(self) -> dict[str, str]:
        """Every upstream's setting, by its name."""
        return addresses(self.url)

    def set_clock(self, now: str) -> str:
        """Moves the clock forward to an ISO instant."""
        return set_clock(now, self.url)

    def now_ms(self) -> int:
        """The virtual now."""
        return int(self._call("GET", "clock")["now_ms"])

    def inject(self, kind: str, **fields: Any) -> None:
        """Turns a fault on; `fields` are those of `Fault`."""
        self._call("POST", "faults", {"kind": kind, **fields})

    def clear_faults(self) -> None:
        """Turns every fault off."""
        self._call("DELETE", "faults")

    def counts(
        self, exchange_id: str | None = None, status: int | None = None
    ) -> list[dict[str, Any]]:
        """Requests answered, by exchange_id, path and status."""
        rows: list[dict[str, Any]] = self._call("GET", "counts")
        return [
            row
            for row in rows
            if exchange_id in {None, row["exchange_id"]}
            and status in {None, row["status"]}
        ]

    def requests_count(
        self, exchange_id: str | None = None, status: int | None = None
    ) -> int:
        """How many requests were answered, of a venue, with a status."""
        return sum(row["requests"] for row in self.counts(exchange_id, status))

    def clear_counts(self) -> None:
        """Starts counting anew."""
        self._call("DELETE", "counts")

    def _call(self, method: str, name: str, body: object = None) -> Any:
        return self._asked(method, f"{self.url}/_sandbox/{name}", body)

    def _asked(self, method: str, url: str, body: object) -> Any:
        with requests.Session() as session:
            session.trust_env = False
            response = session.request(method, url, json=body, timeout=_STOP_S)
        if not response.ok:
            raise SetupError(response.json()["detail"])
        return response.json()


@contextmanager
def running(*, in_thread: bool = False, **options: Any) -> Iterator[Running]:
    """A sandbox in a process of its own, or faster to start in a thread of this one.

    `options` are those of `Options`.

    Raises:
        SetupError: it did not start; the message is its own.
    """
    chosen = Options(**options, keep_state=False)
    with _threaded(chosen) if in_thread else _process(chosen) as started:
        yield started


@contextmanager
def _threaded(options: Options) -> Iterator[Running]:
    is_ready = threading.Event()
    listener = bound(options.port)
    server = Server(sandbox(options), is_ready.set, lambda: None)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, daemon=True
    )
    thread.start()
    try:
        if not is_ready.wait(_START_S):
            raise SetupError("the sandbox did not start")
        yield Running(f"http://{HOST}:{listener.getsockname()[1]}")
    finally:
        server.should_exit = True
        thread.join(_STOP_S)
        listener.close()


@contextmanager
def _process(options: Options) -> Iterator[Running]:
    process = subprocess.Popen(
        [sys.executable, "-m", "pipelines.sandbox", "serve", *options.arguments()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=child_environment({"PYTHONPATH": str(PROJECT_DIR)}),
    )
    try:
        yield Running(_announced(process), process.pid)
    finally:
        process.terminate()
        try:
            process.communicate(timeout=_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _announced(process: subprocess.Popen[str]) -> str:
    """The address that the process prints once it answers."""
    if process.stdout is None or process.stderr is None:
        raise SetupError("the sandbox's output is not piped")
    url = ""
    for path in addresses("").values():
        line = process.stdout.readline().strip()
        if not line:
            raise SetupError(f"the sandbox did not start: {process.stderr.read()}")
        url = line.partition("=")[2].removesuffix(path)
    return url
