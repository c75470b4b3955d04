"""A folder of CSV files imported into the config tables, all or nothing.

A warehouse imports the seeds by itself once, when it is set up:
docs/decisions/0012-the-seeds-are-imported-once.md
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

from psycopg import sql

from pipelines.config import edit
from pipelines.config.csv_files import Key, by_key, files_of, read
from pipelines.config.declaration import Declaration
from pipelines.config.table import Values, Words, identifier, refusals, rows, worded
from pipelines.warehouse import Connection, scalar

Rows = Mapping[Key, Values]

WAS_FILLED: LiteralString = "select exists (select from ops.config_first_import)"
IS_CHOSEN: LiteralString = "select exists (select from config.exchanges)"
NOTE: LiteralString = "insert into ops.config_first_import (rows_count) values (%s)"


@dataclass(frozen=True)
class Imported:
    """What became of a table; `kept_count`: rows that stand as an operator has them."""

    table: str
    added_count: int = 0
    changed_count: int = 0
    removed_count: int = 0
    kept_count: int = 0


def import_once(connection: Connection, folder: Path) -> int | None:
    """Import the folder into a configuration that was never filled; how many rows.

    None: it was filled before. One whose exchanges hold rows counts as filled; rows
    that an operator removed later do not come again.

    Raises:
        SetupError: the folder has no file of a config table.
        BadDataError: a cell or a row is refused.
    """
    with connection.transaction():
        if scalar(connection, WAS_FILLED):
            return None
        is_chosen = scalar(connection, IS_CHOSEN)
        done = [] if is_chosen else import_folder(connection, folder, replace=False)
        count = sum(table.added_count for table in done)
        connection.execute(NOTE, (count,))
    return None if is_chosen else count


def import_folder(
    connection: Connection, folder: Path, *, replace: bool
) -> list[Imported]:
    """Bring every file of the folder into its table, all or nothing. Idempotent.

    A table that holds rows is an operator's and stays as it is; with `replace` it
    becomes what the file says.

    Raises:
        SetupError: the folder has no file of a config table.
        BadDataError: a cell or a row is refused.
    """
    with connection.transaction():
        tables = files_of(connection, folder)
        for table in tables:  # in one order: two imports wait for each other
            statement = sql.SQL("lock table {} in share row exclusive mode")
            with refusals():
                connection.execute(statement.format(identifier(table)))
        before = {t.name: by_key(t, rows(connection, t)) for t in tables}
        files = {t.name: by_key(t, read(connection, t, folder)) for t in tables}
        chosen = [t for t in tables if replace or not before[t.name]]
        done = {
            t.name: Imported(t.name, kept_count=len(before[t.name])) for t in tables
        }
        removed = {
            t.name: _remove(connection, t, before[t.name], files[t.name])
            for t in reversed(chosen)
        }
        for t in chosen:
            added, changed = _put(connection, t, before[t.name], files[t.name])
            kept = len(before[t.name]) - changed - removed[t.name]
            done[t.name] = Imported(t.name, added, changed, removed[t.name], kept)
    return list(done.values())


def _put(
    connection: Connection, table: Declaration, before: Rows, after: Rows
) -> tuple[int, int]:
    """Add what is missing, change what differs; how many of each."""
    added = changed = 0
    for place, row in after.items():
        key, columns = _words(table, row)
        if place not in before:
            edit.add(connection, table, key, columns)
            added += 1
        elif columns:
            changed += edit.change(connection, table, key, columns).is_new
    return added, changed


def _remove(
    connection: Connection, table: Declaration, before: Rows, after: Rows
) -> int:
    removed = [row for key, row in before.items() if key not in after]
    for row in removed:
        edit.remove(connection, table, _words(table, row)[0])
    return len(removed)


def _words(table: Declaration, row: Values) -> tuple[Words, Words]:
    """A row's key and its other columns, as words."""
    words = worded(row)
    return {name: words.pop(name) for name in table.key}, words
