"""A process that is watched: started again when it dies, until it is stopped.

Everything about it lies in one folder: the order (`order.json`: command, folder, log
and whether it is wanted), its pid, and two lock files. The process holds one lock
through an open file that it was given, its watch (`pipelines.local.watch`) the other;
the kernel frees both at a kill, so that nobody guesses which one lives.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.errors import SetupError
from pipelines.local.account import own_account, read_json
from pipelines.local.lock import is_held
from pipelines.local.process import command_line, spawn
from pipelines.settings import make_private

MODULE = "pipelines.local.watch"
# not that of the settings, which would be imported for the life of each watch
PROJECT_DIR = Path(__file__).resolve().parents[2]
POLL_S = 0.05
STOP_GRACE_S = 20.0  # a broker writes what it holds; a connector its last offset


@dataclass(frozen=True)
class Order:
    """What a watch is to keep running; `is_wanted` False: it is to end it."""

    command: tuple[str, ...]
    folder: str
    log: str
    is_wanted: bool = True


@dataclass(frozen=True)
class Watched:
    """The process whose files are in `home`."""

    home: Path

    @property
    def service_lock(self) -> Path:
        """Held by the process while it lives."""
        return self.home / "service.lock"

    @property
    def watch_lock(self) -> Path:
        """Held by the watch that is at work."""
        return self.home / "watch.lock"

    def order(self) -> Order | None:
        """What was ordered last; None before the first start, or when deleted."""
        order = read_json(self.home / "order.json")
        return Order(**{**order, "command": tuple(order["command"])}) if order else None

    def give(self, order: Order) -> None:
        """Replace the order."""
        own_account().write(self.home / "order.json", json.dumps(vars(order), indent=2))

    def dismiss(self) -> None:
        """Order the end of the process, where anything was ordered."""
        if order := self.order():
            self.give(replace(order, is_wanted=False))

    def note(self, pid: int) -> None:
        """Remember the pid of the process that was just started."""
        own_account().write(self.home / "service.pid", f"{pid}\n")

    def is_alive(self) -> bool:
        """Whether the process lives."""
        return is_held(self.service_lock)

    def is_watched(self) -> bool:
        """Whether a watch is at work."""
        return is_held(self.watch_lock)

    def pid(self) -> int | None:
        """The living process; None also before its pid is noted."""
        order = self.order()
        if order is None or not self.is_alive():
            return None
        command = " ".join(order.command)
        with contextlib.suppress(FileNotFoundError, ValueError):
            pid = int((self.home / "service.pid").read_text(encoding="utf-8"))
            if command_line(pid) == command:
                return pid
        return _pid_of(command)  # its watch was killed before it noted the pid

    def start(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str],
        folder: Path,
    ) -> None:
        """Have `command` kept running; one that lives already is taken over.

        No other process has the same command: by it ours is known.
        """
        make_private(self.home)
        self.give(Order(tuple(map(str, command)), str(folder), str(log)))
        if self.is_watched():
            return
        watch = [sys.executable, "-m", MODULE, str(self.home)]
        spawn(watch, log=log, environment=environment, folder=PROJECT_DIR)

    def stop(self) -> None:
        """End the process and its watch.

        Raises:
            SetupError: they did not end in time.
        """
        self.dismiss()
        deadline = time.monotonic() + 2 * STOP_GRACE_S + 5
        while self.is_watched() and time.monotonic() < deadline:
            time.sleep(POLL_S)
        self.end()
        if self.is_alive() or self.is_watched():
            raise SetupError(
                f"the process of {self.home} (pid {self.pid()}) still runs"
            )

    def end(self, grace_s: float = STOP_GRACE_S) -> None:
        """End the process alone: asked first, killed after `grace_s`."""
        for sign in (signal.SIGTERM, signal.SIGKILL):
            deadline = time.monotonic() + grace_s
            sent_to = None
            while self.is_alive() and time.monotonic() < deadline:
                pid = self.pid()
                if pid and pid != sent_to:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, sign)
                    sent_to = pid
                time.sleep(POLL_S)


def _pid_of(command: str) -> int | None:
    listing = subprocess.run(
        ["ps", "-ww", "-e", "-o", "pid=,args="],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
    ).stdout
    for line in listing.splitlines():
        pid, _, arguments = line.strip().partition(" ")
        if arguments.strip() == command:
            return int(pid)
    return None
