"""A running sandbox for tests and benchmarks, as a context manager."""

import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from pipelines.errors import SetupError
from pipelines.sandbox.addresses import addresses
from pipelines.sandbox.archive.listing import MOST_KEYS
from pipelines.sandbox.serving import (
    HOST,
    Options,
    Server,
    bound,
    sandbox,
    set_clock,
)
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

    @property
    def environment(self) -> dict[str, str]:
        """Every venue's setting and the archive's, by its name."""
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
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(
                method, f"{self.url}/_sandbox/{name}", json=body, timeout=_STOP_S
            )
        if not answer.ok:
            raise SetupError(answer.json()["detail"])
        return answer.json()


@contextmanager
def running(
    *,
    in_thread: bool = False,
    port: int = 0,
    seed: int = 1,
    recordings: Path | None = None,
    now: str | None = None,
    frozen: bool = False,
    full_history: bool = False,
    rate_limit: bool = True,
    faults: Sequence[str] = (),
    archive_microseconds_from: str | None = None,
    archive_headers_from: str | None = None,
    archive_page_keys: int = MOST_KEYS,
) -> Iterator[Running]:
    """A sandbox in a process of its own, or faster to start in a thread of this one.

    Raises:
        SetupError: it did not start; the message is its own.
    """
    options = Options(
        port,
        seed,
        recordings,
        now,
        frozen,
        full_history,
        rate_limit,
        faults,
        keep_state=False,
        archive_microseconds_from=archive_microseconds_from,
        archive_headers_from=archive_headers_from,
        archive_page_keys=archive_page_keys,
    )
    with _threaded(options) if in_thread else _process(options) as started:
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


def _command(options: Options) -> list[str]:
    flags = {
        "--frozen": options.frozen,
        "--full-history": options.full_history,
        "--no-rate-limit": not options.rate_limit,
    }
    values = {
        "--port": options.port,
        "--seed": options.seed,
        "--recordings": options.recordings,
        "--now": options.now,
        "--archive-microseconds-from": options.archive_microseconds_from,
        "--archive-headers-from": options.archive_headers_from,
        "--archive-page-keys": options.archive_page_keys,
    }
    return [
        sys.executable,
        "-m",
        "pipelines.sandbox",
        "serve",
        "--no-state-file",
        *(flag for flag, is_on in flags.items() if is_on),
        *(f"{name}={value}" for name, value in values.items() if value is not None),
        *(f"--fault={fault}" for fault in options.faults),
    ]


@contextmanager
def _process(options: Options) -> Iterator[Running]:
    process = subprocess.Popen(
        _command(options),
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
