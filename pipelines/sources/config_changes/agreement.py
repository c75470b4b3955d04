"""Whether the history of the config tables gives the rows that they hold.

Both are read in one snapshot of the database. Structures, of which Debezium gives
another form than Postgres, count as equal.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from psycopg import sql

from pipelines.config.column_type import ColumnType
from pipelines.config.declaration import STREAMED, Declaration
from pipelines.local.cdc_role import published_tables
from pipelines.sources.config_changes import history
from pipelines.sources.config_changes.equality import as_compared
from pipelines.sources.config_changes.row_key import key_of_row
from pipelines.sources.config_changes.stored import kept, reading, use_one_style
from pipelines.sources.config_changes.tables import SCHEMA, streamed_tables
from pipelines.sources.config_changes.values import NO_SCHEMA, fitted
from pipelines.upstream.wire import Number
from pipelines.warehouse import Connection, has_table

Row = Mapping[str, Any]
PAUSE_S = 1.0  # in which a change on its way arrives
UNCOMPARED = {"money", "bit", "bit varying", "varbit", "hstore"}  # written otherwise


@dataclass(frozen=True)
class Difference:
    """A key of which history and table disagree: what each has of it."""

    table: str
    key: str
    what: str

    def __str__(self) -> str:
        return f"{self.table} {self.key} {self.what}"


def lasting_differences(
    connection: Connection, pause_s: float = PAUSE_S
) -> list[Difference]:
    """The differences that are the same after a pause; `connection` is idle."""
    first = differences(connection)
    if not first:
        return []
    time.sleep(pause_s)
    again = set(differences(connection))
    return [one for one in first if one in again]


def differences(connection: Connection) -> list[Difference]:
    """Every key of which history and a streamed table disagree now, in order."""
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read read only")
        use_one_style(connection)
        streamed = published_tables(connection)
        return [
            difference
            for name, table in streamed_tables(connection).items()
            if table.table in streamed
            for difference in _of_table(connection, name, table)
        ]


def _of_table(
    connection: Connection, name: str, table: Declaration
) -> Iterator[Difference]:
    in_table = _rows(connection, table)
    in_history = {}
    if has_table(connection, sql.Identifier(SCHEMA, name).as_string(None)):
        rows = history.standing_rows(connection, name)
        in_history = {key: one.row for key, one in rows.items()}
    for key in sorted(in_table.keys() | in_history.keys()):
        what = _difference(table, in_table.get(key), in_history.get(key))
        if what:
            yield Difference(name, key, what)


def _difference(table: Declaration, stored: Row | None, folded: Row | None) -> str:
    """What disagrees; empty: nothing."""
    if folded is None:
        return "is not in the history"
    if stored is None:
        return "is in the history alone"
    wrong = [
        name
        for name, column in table.types.items()
        if not _is_same(stored[name], folded.get(name), column)
    ]
    return f"differs in {', '.join(wrong)}" if wrong else ""


def _rows(connection: Connection, table: Declaration) -> dict[str, Row]:
    columns = sql.SQL(", ").join(
        sql.SQL(reading(column)).format(sql.Identifier(name))
        for name, column in table.types.items()
    )
    target = sql.Identifier(*table.table.split(".", 1))
    statement = sql.SQL("select {} from {}").format(columns, target)
    rows: dict[str, Row] = {}
    for values in connection.execute(statement):
        columns_of = zip(table.types.items(), values, strict=True)
        row = {name: kept(value, column) for (name, column), value in columns_of}
        rows[str(key_of_row(row, table))] = row
    return rows


def _is_same(stored: Any, folded: Any, column: ColumnType) -> bool:
    if stored is None or folded is None:
        return stored is folded
    element = column.element or column
    if element.kind == "structure" or element.base in UNCOMPARED:
        return True
    sent = _sent(folded)
    with suppress(ValueError):  # an earlier version kept times as they were sent
        sent = fitted(sent, column, NO_SCHEMA, STREAMED)
    return bool(as_compared(stored, column) == as_compared(sent, column))


def _sent(value: Any) -> Any:
    """A value of the history, its numbers as `Number`."""
    if isinstance(value, list):
        return list(map(_sent, value))
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return Number(value) if is_number else value
