"""The configuration as a folder of `config_<table>.csv`: written, read, compared."""

import csv
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import sql

from pipelines.config.cells import COLUMNS, KEYS, Row, read_configuration
from pipelines.config.declaration import Declaration
from pipelines.config.model import Configuration
from pipelines.config.table import (
    Values,
    Words,
    literals,
    refusals,
    rows,
    tables,
    word,
    worded,
)
from pipelines.errors import BadDataError, SetupError
from pipelines.warehouse import Connection

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Difference:
    """A cell that differs; None: there is no such row on that side."""

    table: str
    key: str
    column: str
    warehouse: str | None
    folder: str | None


def write(connection: Connection, folder: Path) -> list[Path]:
    """Write every config table to the folder, in the form of the seeds; the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for table in tables(connection).values():
        path = file_of(folder, table.name)
        with path.open("w", newline="", encoding="utf-8") as file:
            lines = csv.DictWriter(file, list(table.columns), lineterminator="\n")
            lines.writeheader()
            lines.writerows(worded(row) for row in rows(connection, table))
        written.append(path)
    return written


def read(connection: Connection, table: Declaration, folder: Path) -> list[Values]:
    """The rows of a table's file; columns that it does not name are left out.

    Raises:
        BadDataError: a column is not the table's, a cell is refused, a key is twice.
    """
    rows = []
    for where, words in lines(file_of(folder, table.name), table.columns, table.key):
        try:
            rows.append(_typed(connection, table, words))
        except BadDataError as error:
            raise BadDataError(f"{where}: {error}") from None
    return rows


def configuration_of(folder: Path) -> Configuration:
    """The choices that a folder's files make, without a warehouse.

    Raises:
        SetupError: names every wrong cell, at once.
    """
    files = {name: file_of(folder, name) for name in COLUMNS}
    try:
        rows = {
            name: list(lines(path, COLUMNS[name], KEYS[name]))
            for name, path in files.items()
            if path.is_file()
        }
    except BadDataError as error:
        raise SetupError(f"the configuration is wrong: {error}") from None
    if not rows:
        raise SetupError(f"{folder} has no file config_<table>.csv of a config table")
    return read_configuration(rows)


def lines(path: Path, columns: Collection[str], key: Sequence[str]) -> Iterator[Row]:
    """The lines of a file: where each stands, and its cells that are not empty.

    Raises:
        BadDataError: a column is unknown, one of the key is missing, a key is twice.
    """
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        header = set(reader.fieldnames or ())
        if wrong := sorted(header - set(columns)) + sorted(set(key) - header):
            raise BadDataError(f"{path.name} and its table: {', '.join(wrong)}")
        seen = set()
        for line in reader:
            words = {name: text for name, text in line.items() if name and text}
            named = " ".join(words.get(name, "") for name in key)
            if named in seen:
                raise BadDataError(f"{path.name} names {named} twice")
            seen.add(named)
            yield f"{path.name} line {reader.line_num}", words


def compare(connection: Connection, folder: Path) -> list[Difference]:
    """Where the tables and the folder's files differ, by key.

    Raises:
        SetupError: the folder has no file of a config table.
        BadDataError: a cell is refused.
    """
    differences = []
    for table in files_of(connection, folder):
        here = by_key(table, rows(connection, table))
        there = by_key(table, read(connection, table, folder))
        for key in sorted(here.keys() | there.keys(), key=str):
            differences += _differences(table, key, here.get(key), there.get(key))
    return differences


def _differences(
    table: Declaration, key: Key, here: Values | None, there: Values | None
) -> list[Difference]:
    given = there if there is not None else here or {}
    differences = []
    for name in given.keys() - set(table.key):
        ours, theirs = (
            None if side is None else word(side[name]) for side in (here, there)
        )
        if ours != theirs:
            named = " ".join(map(word, key))
            differences.append(Difference(table.name, named, name, ours, theirs))
    return sorted(differences, key=lambda d: list(table.columns).index(d.column))


def files_of(connection: Connection, folder: Path) -> list[Declaration]:
    """The config tables that the folder has a file of.

    Raises:
        SetupError: there is none.
    """
    files = [
        t for t in tables(connection).values() if file_of(folder, t.name).is_file()
    ]
    if not files:
        raise SetupError(f"{folder} has no file config_<table>.csv of a config table")
    return files


def by_key(table: Declaration, rows: list[Values]) -> Mapping[Key, Values]:
    """Rows by the values of their key."""
    return {tuple(row[name] for name in table.key): row for row in rows}


def file_of(folder: Path, name: str) -> Path:
    """The file of the table of this name."""
    return folder / f"config_{name}.csv"


def _typed(connection: Connection, table: Declaration, words: Words) -> Values:
    """The values that the columns would hold.

    Raises:
        BadDataError: a word is none of its column's type.
    """
    casts = sql.SQL(", ").join(
        sql.SQL("{}::{}").format(sql.Placeholder(name), sql.SQL(table.columns[name]))
        for name in words
    )
    with refusals():
        values = connection.execute(
            sql.SQL("select {}").format(casts), literals(table, words)
        ).fetchone()
    return dict(zip(words, values or (), strict=True))
