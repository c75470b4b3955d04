"""A measured process of its own: one JSON in, one JSON out, with its memory's peak."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from pipelines.settings import PROJECT_DIR, child_environment
from tests.bench.machine import peak_mb

Facts = dict[str, Any]


class ChildError(Exception):
    """The process ended without its figures; what it wrote last."""


def run(module: str, asked: Facts) -> Facts:
    """What `python -m MODULE` measured.

    Raises:
        ChildError: it failed.
    """
    done = subprocess.run(
        [sys.executable, "-m", module, json.dumps(asked)],
        env=child_environment({"PYTHONPATH": str(PROJECT_DIR)}),
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ChildError(f"{module}: {done.stdout[-2000:]}{done.stderr[-4000:]}")
    found: Facts = json.loads(done.stdout.splitlines()[-1])
    return found


def answer(measure: Callable[[Facts], Facts]) -> None:
    """The process's side: measure what was asked, and print it."""
    found = measure(json.loads(sys.argv[1]))
    sys.stdout.write(json.dumps({**found, "peak_mb": peak_mb()}) + "\n")
