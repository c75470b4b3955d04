"""`bullion config`: what is chosen, read and compared; plain SQL does the same."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.config.app import (
    Folder,
    KeyWords,
    Table,
    acting,
    config_app,
    printable,
)
from pipelines.terminal.output import Json, say, show


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
            rows = [
                printable(row, json=json) for row in tables.rows(connection, declared)
            ]
        else:
            rows = [
                {"table": name, "rows_count": len(tables.rows(connection, declared))}
                for name, declared in tables.tables(connection).items()
            ]
    show(rows, table or "config tables", json=json)


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
    show([printable(row, json=json)], table, json=json)


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
    folder: Folder = None,
    *,
    json: Json = False,
) -> None:
    """Compare the config tables with CSV files; exit code 1: they differ."""
    from pipelines.config.csv_files import compare
    from pipelines.settings import settings

    with acting("diff") as connection:
        differences = compare(connection, folder or settings().seeds_dir)
    if differences or json:
        show(differences, "differences", json=json)
    else:
        say("no difference")
    if differences:
        raise typer.Exit(1)
