"""`bullion config`: what is chosen, read and compared; plain SQL does the same."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.config.stream import config_app
from pipelines.settings import settings
from pipelines.terminal.output import Json, say, show

if TYPE_CHECKING:  # the warehouse brings psycopg, which is slow to import
    from pipelines.warehouse import Connection, Role

__all__ = ["KeyWords", "Table", "acting", "config_app", "shown"]

Table = Annotated[
    str, typer.Argument(help="exchanges, instruments, endpoints, thresholds, …")
]
KeyWords = Annotated[list[str], typer.Argument(help="The key's words.")]


@contextmanager
def acting(work: str, role: "Role" = "operator") -> "Iterator[Connection]":
    """A connection whose name says which command of which process it is."""
    from pipelines import warehouse

    name = warehouse.process_name(f"config {work}")
    with warehouse.connect(role, name) as connection:
        yield connection


@config_app.command("list", epilog="Example: `bullion config list instruments`")
def config_list(
    table: Annotated[
        str | None, typer.Argument(help="One table's rows; else which there are.")
    ] = None,
    *,
    json: Json = False,
) -> None:
    """List a config table's rows, or the config tables with how many they have."""
    from pipelines.config import table as tables

    with acting("list") as connection:
        if table is not None:
            declared = tables.table(connection, table)
            found = [shown(row, json=json) for row in tables.rows(connection, declared)]
        else:
            found = [
                {"table": name, "rows_count": len(tables.rows(connection, declared))}
                for name, declared in tables.tables(connection).items()
            ]
    show(found, table or "config tables", json=json)


@config_app.command(
    "get", epilog="Example: `bullion config get instruments kraken BTC/USD`"
)
def config_get(table: Table, key: KeyWords, *, json: Json = False) -> None:
    """Show one row."""
    from pipelines.config import table as tables

    with acting("get") as connection:
        declared = tables.table(connection, table)
        named = tables.key_of(declared, key)
        row = tables.row(connection, declared, named)
    show([shown(row, json=json)], table, json=json)


@config_app.command("export", epilog="Example: `bullion config export choices`")
def config_export(
    folder: Annotated[Path, typer.Argument(help="Where to write config_<table>.csv.")],
    *,
    json: Json = False,
) -> None:
    """Write every config table as CSV, in the form of the seeds."""
    from pipelines.config import csv_files

    with acting("export") as connection:
        written = csv_files.write(connection, folder)
    show([{"file": str(path)} for path in written], "written", json=json)


@config_app.command("diff", epilog="Example: `bullion config diff`")
def config_diff(
    folder: Annotated[
        Path | None, typer.Argument(help="With config_<table>.csv; default the seeds.")
    ] = None,
    *,
    json: Json = False,
) -> None:
    """Compare the config tables with CSV files; exit code 1: they differ."""
    from pipelines.config.compare import compare

    with acting("diff") as connection:
        found = compare(connection, folder or settings().seeds_dir)
    if found or json:
        show(found, "differences", json=json)
    else:
        say("no difference")
    if found:
        raise typer.Exit(1)


def shown(row: dict[str, Any], *, json: bool) -> dict[str, Any]:
    """A row for the terminal: lists as words."""
    from pipelines.config.table import word

    if json:
        return row
    return {k: word(v) if isinstance(v, list) else v for k, v in row.items()}
