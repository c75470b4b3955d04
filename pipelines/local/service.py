"""The one shape of every local service, and how one is brought up and taken down.

fetch → verify → configure → start → ready, and stop. Each step is idempotent, so that
`up` after a kill at any moment begins again at the first.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipelines.errors import SetupError

Say = Callable[[str], None]

POLL_S = 0.1
# one look can miss a process that has just begun: once in 21 starts after a kill a
# Postgres that was up was taken for ended; a machine with much to do takes seconds
ENDED_AFTER_S = 10.0
LOG_TAIL_LINES = 12
WAITED_S = 60.0  # between two words of who waits


class UnavailableError(SetupError):
    """The service is not available on this machine now; the others are not touched."""


def silent(_: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class ServiceStatus:
    """What a service is doing; `address` says where it is or would be reached."""

    name: str
    is_running: bool
    is_ready: bool
    address: str | None
    log: Path


class Service(Protocol):
    """A process of the local stack, from its download to its log."""

    @property
    def name(self) -> str:
        """What `bullion up NAME` calls it."""

    @property
    def ready_timeout_s(self) -> float:
        """How long a healthy start may take on a slow machine."""

    @property
    def log(self) -> Path:
        """The file that the running process writes."""

    @property
    def address(self) -> str | None:
        """Where clients reach it; None before it was first configured."""

    def fetch(self, say: Say) -> None:
        """Have the program on this machine, in a place its account can reach."""

    def verify(self) -> None:
        """Refuse a program that is not what was to be fetched."""

    def configure(self, say: Say) -> None:
        """Write settings, secrets and empty data; data that is there is kept."""

    def start(self, say: Say) -> None:
        """Start the process so that it outlives the caller and its terminal."""

    def resume(self, say: Say) -> None:
        """What an `up` does when it runs: take up what changed since it was started."""

    def running(self) -> bool:
        """Whether its process is alive, no matter who started it."""

    def ready(self) -> bool:
        """Whether it answers as itself."""

    def stop(self, say: Say) -> None:
        """End the process cleanly; nothing to do when it does not run."""

    def delete(self, say: Say) -> None:
        """Remove its data and secrets, wherever they lie; it must be stopped."""


def status(service: Service) -> ServiceStatus:
    """What `service` is doing now."""
    is_running = service.running()
    return ServiceStatus(
        name=service.name,
        is_running=is_running,
        is_ready=is_running and service.ready(),
        address=service.address,
        log=service.log,
    )


class EndedError(SetupError):
    """The service's process has ended."""


def bring_up(service: Service, say: Say = silent) -> ServiceStatus:
    """Start `service` unless it runs, and wait until it is ready.

    Raises:
        SetupError: it can not run here, or it ended; the message quotes its log.
    """
    was_running = service.running()
    if was_running:
        service.resume(say)
    else:
        _start(service, say)
    try:
        _wait_until_ready(service, say)
    except EndedError:
        if not was_running:
            raise
        # what ran when it was looked at was on its way out: killed a moment before
        _start(service, say)
        _wait_until_ready(service, say)
    say(f"{service.name} is ready at {service.address}")
    return status(service)


def _start(service: Service, say: Say) -> None:
    service.fetch(say)
    service.verify()
    service.configure(say)
    say(f"starting {service.name}")
    service.start(say)


def take_down(service: Service, say: Say = silent) -> ServiceStatus:
    """Stop `service` if it runs."""
    if service.running():
        say(f"stopping {service.name}")
        service.stop(say)
    return status(service)


def tail(log: Path, lines: int = LOG_TAIL_LINES) -> str:
    """The last lines of a log; empty when there is none."""
    try:
        with log.open(encoding="utf-8", errors="replace") as file:
            return "".join(deque(file, maxlen=lines)).strip()
    except FileNotFoundError:
        return ""


def set_aside(log: Path) -> None:
    """Keep the log of the run before as `<name>.1`; the new run's begins empty."""
    if log.exists():
        log.replace(log.with_name(f"{log.name}.1"))


def _wait_until_ready(service: Service, say: Say) -> None:
    began = alive_at = spoke_at = time.monotonic()
    deadline = began + service.ready_timeout_s
    while not service.ready():
        now = time.monotonic()
        alive_at = now if service.running() else alive_at
        if now - alive_at > ENDED_AFTER_S or now > deadline:
            log = f"its log {service.log} ends:\n{tail(service.log)}"
            if now > alive_at:
                raise EndedError(f"{service.name} ended; {log}")
            silent_for = f"is silent after {service.ready_timeout_s} s"
            raise SetupError(f"{service.name} {silent_for}; {log}")
        if now - spoke_at > WAITED_S:
            spoke_at = now
            say(f"{service.name} is not ready after {now - began:.0f} s; {service.log}")
        time.sleep(POLL_S)
