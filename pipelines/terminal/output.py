"""The terminal: where commands print their results, and how the work goes.

Results are on stdout, all else on stderr: as lines of text, or, where the command was
asked for JSON, as lines that are JSON objects each.
"""

import json as json_text
import logging
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console

from pipelines.terminal import report

# a pipe has no width of its own, and a log reads better unwrapped
out = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
told = Console(stderr=True, highlight=False)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Wait = Annotated[
    float, typer.Option("--wait", help="Seconds to wait for one that is under way.")
]


_machine = {"listens": False}


def speak_json(*, asked: bool) -> None:
    """What is said from now on is JSON, or text."""
    _machine["listens"] = asked


def speaks_json() -> bool:
    """Whether what is said is JSON."""
    return _machine["listens"]


def say(message: str) -> None:
    """Print a message on stderr, beside the command's own output."""
    _tell(message, {"note": message})


class _Told(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        say(record.getMessage())


def tell_retries() -> None:
    """Say from now on why something is asked again, and when."""
    retries = logging.getLogger("bullion.retries")
    retries.handlers = [_Told()]
    retries.propagate = False
    retries.setLevel(logging.INFO)


def fail(message: str) -> None:
    """Say what failed while the rest went on."""
    _tell(f"failed: {message}", {"failed": message})


def refuse(message: str, exit_code: int) -> None:
    """Say why the command ends, and with which exit code."""
    fact = {"error": message, "exit_code": exit_code}
    _tell(f"bullion: {message}", fact, style="red")


def _tell(text: str, fact: dict[str, Any], style: str | None = None) -> None:
    if speaks_json():
        typer.echo(json_text.dumps(fact), err=True)
    else:
        told.print(text, style=style, markup=False, soft_wrap=True)


def show(rows: Sequence[Any], title: str, *, json: bool) -> None:
    """Print rows, which are mappings or dataclasses: a table, or JSON."""
    printed = [row if isinstance(row, dict) else asdict(row) for row in rows]
    if json:
        typer.echo(report.as_json(printed))
    else:
        report.show(printed, title, out)
