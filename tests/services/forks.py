"""Forks of a process that has imported their work: a second of a fork is one of work.

`forks("module:factory", environment)` calls the factory once, in that process; what it
returns is called with the words of each fork. Started as a module it reads requests
from stdin and writes answers to stdout, a line of JSON each.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any

import dlt

# what it imports late, and so each fork would
import dlt.common.libs.sql_alchemy_compat
import dlt.sources.helpers.requests

from pipelines.settings import PROJECT_DIR, child_environment, export
from pipelines.sources import declared

POLL_S = 0.01


@dataclass(frozen=True)
class Fork:
    """One of them; what it prints goes to the test's stderr."""

    pid: int
    ask: Callable[..., Any]

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        code: int | None = self.ask("poll", self.pid)
        return code

    def wait(self, timeout_s: float = 600) -> int:
        """Its exit code."""
        deadline = time.monotonic() + timeout_s
        while (code := self.poll()) is None:
            assert time.monotonic() < deadline, f"it runs for {timeout_s} s"
            time.sleep(POLL_S)
        return code

    def kill(self) -> bool:
        """Whether it ran until it was killed."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
        return self.wait() == -signal.SIGKILL


class Forks:
    """The process that forks."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def start(self, *words: str, environment: Mapping[str, str] | None = None) -> Fork:
        """A fork that does its work with these words; it has begun."""
        return Fork(self._ask("start", words, dict(environment or {})), self._ask)

    def _ask(self, *request: object) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the process that forks has ended"
        return json.loads(answer)


@contextmanager
def forks(
    factory: str, environment: Mapping[str, str] | None = None
) -> Iterator[Forks]:
    """It, ready to fork."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.services.forks", factory],
        cwd=PROJECT_DIR,
        env=child_environment(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Forks(process)
    finally:
        process.kill()
        process.communicate()


def _warm() -> None:
    """Do once what each fork would do when it begins."""
    declared()
    with TemporaryDirectory() as folder:
        dlt.pipeline(pipelines_dir=folder)


def _forked(work: Callable[..., object], words: list[str], env: dict[str, str]) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)  # stdout is for answers
        export(env)
        work(*words)
        code = 0
    except BaseException:  # noqa: BLE001  # it must not return into the parent's loop
        traceback.print_exc()
    finally:
        os._exit(code)


def _polled(pid: int, ended: dict[int, int]) -> int | None:
    if pid not in ended:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            ended[pid] = os.waitstatus_to_exitcode(status)
    return ended.get(pid)


def main() -> None:
    """Serve requests until stdin ends."""
    module, name = sys.argv[1].split(":")
    _warm()
    work = getattr(importlib.import_module(module), name)()
    ended: dict[int, int] = {}
    for line in sys.stdin:
        what, *rest = json.loads(line)
        answer = _polled(rest[0], ended) if what == "poll" else _forked(work, *rest)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
