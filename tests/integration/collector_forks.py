"""Starts collectors as forks of itself: a process that has everything imported.

One line of JSON on stdin, one line of answer: settings start a collector (its pid), a
pid is waited for (its exit code, negative for a signal).
"""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipelines.collector.collect import Collected, CollectOptions, collect
from pipelines.settings import PROJECT_DIR, child_environment, export
from pipelines.sources.config_changes.stopping import stopped_by_signals

NEVER = 3600.0  # no cycle but the first


def forked(settings: dict[str, str]) -> int:
    """The pid of a collector with these settings, which says what it does in a log."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        export(settings)
        log = Path(settings["LOG"]).open("a", buffering=1)  # noqa: SIM115
        with stopped_by_signals() as stop:
            done = Collected(say=lambda sentence: print(sentence, file=log))
            collect(stop, CollectOptions(every_s=NEVER), done)
        code = 0
    finally:
        os._exit(code)


class Forks:
    """The process that forks."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def ask(self, question: Any) -> int:
        """What it answers."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@contextmanager
def forks():
    """It; what it started is to be ended by who asked for it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.collector_forks"],
        cwd=PROJECT_DIR,
        env=child_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Forks(process)
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    for line in sys.stdin:
        asked = json.loads(line)
        if isinstance(asked, int):
            answer = os.waitstatus_to_exitcode(os.waitpid(asked, 0)[1])
        else:
            answer = forked(asked)
        print(answer, flush=True)
