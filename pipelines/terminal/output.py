"""The terminal: where commands print their results, and how the work goes."""

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


def say(message: str) -> None:
    """Print a message on stderr, beside the command's own output."""
    told.print(message, markup=False, soft_wrap=True)


def show(rows: Sequence[Any], title: str, *, json: bool) -> None:
    """Print rows, which are mappings or dataclasses: a table, or JSON."""
    printed = [row if isinstance(row, dict) else asdict(row) for row in rows]
    if json:
        typer.echo(report.as_json(printed))
    else:
        report.show(printed, title, out)
