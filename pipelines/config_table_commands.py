"""`bullion config`: what is chosen, read and written; plain SQL does the same."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.config_commands import config_app
from pipelines.settings import settings
from pipelines.terminal import Json, say, show

if TYPE_CHECKING:  # the warehouse brings psycopg, which is slow to import
    from pipelines.warehouse import Connection, Role

__all__ = ["config_app"]

Table = Annotated[
    str, typer.Argument(help="exchanges, instruments, endpoints, thresholds, …")
]
Words = Annotated[list[str], typer.Argument(help="The key's words, then COLUMN=VALUE.")]
KeyWords = Annotated[list[str], typer.Argument(help="The key's words.")]


@contextmanager
def _acting(work: str, role: "Role" = "operator") -> "Iterator[Connection]":
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
    from pipelines.config_tables import table as tables

    with _acting("list") as connection:
        if table is not None:
            told = tables.table(connection, table)
            found = [_shown(row, json=json) for row in tables.rows(connection, told)]
        else:
            found = [
                {"table": name, "rows_count": len(tables.rows(connection, told))}
                for name, told in tables.tables(connection).items()
            ]
    show(found, table or "config tables", json=json)


@config_app.command(
    "get", epilog="Example: `bullion config get instruments kraken BTC/USD`"
)
def config_get(table: Table, key: KeyWords, *, json: Json = False) -> None:
    """Show one row."""
    from pipelines.config_tables import table as tables

    with _acting("get") as connection:
        told = tables.table(connection, table)
        named = tables.key_of(told, key)
        row = tables.row(connection, told, named)
    show([_shown(row, json=json)], table, json=json)


@config_app.command(
    "set",
    epilog="Example: `bullion config set instruments kraken BTC/USD since=-P7D "
    "feeds=candles,trades`",
)
def config_set(table: Table, words: Words, *, json: Json = False) -> None:
    """Change columns of a row; it takes effect without a restart."""
    from pipelines.config_tables import edit
    from pipelines.config_tables import table as tables

    with _acting("set") as connection:
        told = tables.table(connection, table)
        edit.require_import(connection)
        done = edit.change(connection, told, *tables.split(told, words))
    if not done.is_new:
        say("nothing to change: it is so already")
    show([_shown(done.row, json=json)], table, json=json)


@config_app.command(
    "add", epilog="Example: `bullion config add instruments kraken ETH/USD since=-P7D`"
)
def config_add(table: Table, words: Words, *, json: Json = False) -> None:
    """Add a row; columns that are not named have the table's defaults."""
    from pipelines.config_tables import edit
    from pipelines.config_tables import table as tables

    with _acting("add") as connection:
        told = tables.table(connection, table)
        edit.require_import(connection)
        done = edit.add(connection, told, *tables.split(told, words))
    show([_shown(done.row, json=json)], table, json=json)


@config_app.command(
    "remove", epilog="Example: `bullion config remove instruments kraken ETH/USD`"
)
def config_remove(table: Table, key: KeyWords, *, json: Json = False) -> None:
    """Remove a row, and show what it was."""
    from pipelines.config_tables import edit
    from pipelines.config_tables import table as tables

    with _acting("remove") as connection:
        told = tables.table(connection, table)
        was = edit.remove(connection, told, tables.key_of(told, key))
    show([_shown(was, json=json)], "removed", json=json)


@config_app.command("import", epilog="Example: `bullion config import`")
def config_import(
    folder: Annotated[
        Path | None, typer.Argument(help="With config_<table>.csv; default the seeds.")
    ] = None,
    *,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="Make tables that hold rows what the files say."
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Fill empty config tables from CSV files, all or nothing.

    A table that holds rows is the operator's: it stays as it is.
    """
    from pipelines.config_tables.bring import bring

    with _acting("import") as connection:
        done = bring(connection, folder or settings().seeds_dir, replace=replace)
    show(done, "imported", json=json)


@config_app.command("export", epilog="Example: `bullion config export choices`")
def config_export(
    folder: Annotated[Path, typer.Argument(help="Where to write config_<table>.csv.")],
    *,
    json: Json = False,
) -> None:
    """Write every config table as CSV, in the form of the seeds."""
    from pipelines.config_tables import files

    with _acting("export") as connection:
        written = files.write(connection, folder)
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
    from pipelines.config_tables.compare import compare

    with _acting("diff") as connection:
        found = compare(connection, folder or settings().seeds_dir)
    if found or json:
        show(found, "differences", json=json)
    else:
        say("no difference")
    if found:
        raise typer.Exit(1)


@config_app.command(
    "history", epilog="Example: `bullion config history instruments kraken BTC/USD`"
)
def config_history(table: Table, key: KeyWords, *, json: Json = False) -> None:
    """Tell the story of one row: each change that `config follow` has taken in."""
    from pipelines.config_tables import table as tables
    from pipelines.config_tables.story import story

    with _acting("history", "loader") as connection:
        told = tables.table(connection, table)
        named = tables.key_of(told, key)
        found = story(connection, told, named)
    show(found, f"{table} {' '.join(named.values())}", json=json)


def _shown(row: dict[str, Any], *, json: bool) -> dict[str, Any]:
    """A row for the terminal: lists as words."""
    from pipelines.config_tables.table import word

    if json:
        return row
    return {k: word(v) if isinstance(v, list) else v for k, v in row.items()}
