"""A folder of CSV files imported into the config tables, all or nothing.

A warehouse imports the seeds by itself once, when it is set up:
docs/decisions/0012-the-seeds-are-imported-once.md
"""

from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

from psycopg import sql

from pipelines.config.csv_files import by_key, files_of, key_of, name_of, read
from pipelines.config.declaration import Declaration
from pipelines.config.table import Values, literals, matches, refusals, rows, worded
from pipelines.warehouse import Connection

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
        if _one(connection, WAS_FILLED):
            return None
        is_chosen = _one(connection, IS_CHOSEN)
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
        known = files_of(connection, folder)
        for table in known:  # in one order: two imports wait for each other
            statement = sql.SQL("lock table {} in share row exclusive mode")
            with refusals():
                connection.execute(statement.format(name_of(table)))
        before = {table.name: rows(connection, table) for table in known}
        files = {table.name: read(connection, table, folder) for table in known}
        chosen = [table for table in known if replace or not before[table.name]]
        found = {
            table.name: Imported(table.name, kept_count=len(before[table.name]))
            for table in known
        }
        removed = {
            table.name: _remove(
                connection, table, before[table.name], files[table.name]
            )
            for table in reversed(chosen)
        }
        for table in chosen:
            added, changed = _put(
                connection, table, before[table.name], files[table.name]
            )
            gone = removed[table.name]
            kept = len(before[table.name]) - changed - gone
            found[table.name] = Imported(table.name, added, changed, gone, kept)
    return list(found.values())


def _put(
    connection: Connection,
    table: Declaration,
    before: list[Values],
    wanted: list[Values],
) -> tuple[int, int]:
    """Add what is missing, change what differs; how many of each."""
    held = by_key(table, before)
    added = changed = 0
    for row in wanted:
        was = held.get(key_of(table, row))
        if was is None:
            _run(connection, table, _insert(table, row), row)
            added += 1
        elif any(was[name] != value for name, value in row.items()):
            _run(connection, table, _update(table, row), row)
            changed += 1
    return added, changed


def _remove(
    connection: Connection,
    table: Declaration,
    before: list[Values],
    wanted: list[Values],
) -> int:
    kept = by_key(table, wanted)
    gone = [row for row in before if key_of(table, row) not in kept]
    statement = sql.SQL("delete from {} where {}").format(
        name_of(table), matches(table)
    )
    for row in gone:
        _run(connection, table, statement, {name: row[name] for name in table.key})
    return len(gone)


def _run(
    connection: Connection, table: Declaration, statement: sql.Composed, row: Values
) -> None:
    with refusals():
        connection.execute(statement, literals(table, worded(row)))


def _one(connection: Connection, query: LiteralString) -> bool:
    row = connection.execute(query).fetchone()
    return bool(row and row[0])


def _insert(table: Declaration, row: Values) -> sql.Composed:
    return sql.SQL("insert into {} ({}) values ({})").format(
        name_of(table),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(map(sql.Placeholder, row)),
    )


def _update(table: Declaration, row: Values) -> sql.Composed:
    columns = [name for name in row if name not in table.key]
    pairs = (
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name))
        for name in columns
    )
    return sql.SQL("update {} set {} where {}").format(
        name_of(table), sql.SQL(", ").join(pairs), matches(table)
    )
