"""Applies every plan in forks of itself and kills each one after the seconds asked for.

Started as a module it has everything imported when the first fork is wanted, so that
a second of a fork is a second of work. One line of stdin, one line of answer.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pipelines import warehouse
from pipelines.backfill import ledger
from pipelines.backfill.apply import apply
from pipelines.configuration import configuration
from pipelines.settings import PROJECT_DIR, child_environment


def applied() -> None:
    """Apply every plan."""
    with warehouse.connect("loader", "test") as connection:
        plans = ledger.plans(connection)
    apply(configuration(), plans)


def killed_after(seconds: float) -> bool:
    """Whether a fork that applies still worked then, and was killed."""
    child = os.fork()
    if not child:
        try:
            applied()
        finally:
            os._exit(0)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if os.waitpid(child, os.WNOHANG) != (0, 0):
            return False
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


class Killer:
    """The process that forks."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def kill_after(self, seconds: float) -> bool:
        """Whether an apply was killed so many seconds after it began."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{seconds}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip() == "killed"


@contextmanager
def killer() -> Iterator[Killer]:
    """It, with the settings of this process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.backfill_killer"],
        cwd=PROJECT_DIR,
        env=child_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Killer(process)
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    for line in sys.stdin:
        print("killed" if killed_after(float(line)) else "ended", flush=True)
