"""The configuration as a folder of `config_<table>.csv`, read and written."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from psycopg import sql

from pipelines.config.declaration import Declaration
from pipelines.config.table import SCHEMA, Values, rows, tables, typed, worded
from pipelines.errors import BadDataError, SetupError
from pipelines.warehouse import Connection

Key = tuple[Any, ...]


def write(connection: Connection, folder: Path) -> list[Path]:
    """Write every config table to the folder, in the form of the seeds; the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for told in tables(connection).values():
        path = file_of(folder, told)
        with path.open("w", newline="", encoding="utf-8") as file:
            lines = csv.DictWriter(file, list(told.columns), lineterminator="\n")
            lines.writeheader()
            lines.writerows(worded(row) for row in rows(connection, told))
        written.append(path)
    return written


def read(connection: Connection, told: Declaration, folder: Path) -> list[Values]:
    """The rows of a table's file; columns that it does not name are left out.

    Raises:
        BadDataError: a column is not the table's, a cell is refused, a key is twice.
    """
    path = file_of(folder, told)
    with path.open(newline="", encoding="utf-8") as file:
        lines = csv.DictReader(file)
        strange = sorted(set(lines.fieldnames or ()) ^ set(told.columns))
        wrong = [name for name in strange if name not in told.columns]
        wrong += [name for name in told.key if name in strange]
        if wrong:
            raise BadDataError(f"{path.name}: {told.table} and {', '.join(wrong)}")
        found = []
        for line in lines:
            words = {name: text for name, text in line.items() if name and text}
            try:
                found.append(typed(connection, told, words))
            except BadDataError as error:
                raise BadDataError(
                    f"{path.name} line {lines.line_num}: {error}"
                ) from None
    if len(by_key(told, found)) < len(found):
        raise BadDataError(f"{path.name} names a row twice")
    return found


def held(connection: Connection, folder: Path) -> list[Declaration]:
    """The config tables that the folder has a file of.

    Raises:
        SetupError: there is none.
    """
    known = [t for t in tables(connection).values() if file_of(folder, t).is_file()]
    if not known:
        raise SetupError(f"{folder} has no file config_<table>.csv of a config table")
    return known


def by_key(told: Declaration, found: list[Values]) -> Mapping[Key, Values]:
    """Rows by their key."""
    return {key_of(told, row): row for row in found}


def key_of(told: Declaration, row: Values) -> Key:
    """The values of a row's key."""
    return tuple(row[name] for name in told.key)


def file_of(folder: Path, told: Declaration) -> Path:
    """The table's file."""
    return folder / f"config_{told.name}.csv"


def name_of(told: Declaration) -> sql.Identifier:
    """The table's name in SQL."""
    return sql.Identifier(SCHEMA, told.name)
