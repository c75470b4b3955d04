"""`bullion config`: what its commands share."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:  # psycopg is slow to import
    from pipelines.warehouse import Connection, Role

config_app = typer.Typer(
    no_args_is_help=True, help="The configuration: what is collected, and how."
)

Table = Annotated[
    str, typer.Argument(help="exchanges, instruments, endpoints, thresholds, …")
]
Folder = Annotated[
    Path | None, typer.Argument(help="With config_<table>.csv; default the seeds.")
]
KeyWords = Annotated[list[str], typer.Argument(help="The key's words.")]


@contextmanager
def acting(work: str, role: "Role" = "operator") -> "Iterator[Connection]":
    """A connection whose name says which command of which process it is."""
    from pipelines import warehouse

    name = warehouse.process_name(f"config {work}")
    with warehouse.connect(role, name) as connection:
        yield connection


def printable(row: dict[str, Any], *, json: bool) -> dict[str, Any]:
    """A row for the terminal: lists as words."""
    from pipelines.config.table import word

    if json:
        return row
    return {k: word(v) if isinstance(v, list) else v for k, v in row.items()}
