"""Whether the history of the config tables gives the rows that they hold.

Both are read in one snapshot of the database. Columns of which Debezium gives another
form than Postgres in a way that depends on settings (intervals, arrays of stamps,
structures) count as equal.
"""

import base64
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from psycopg import sql

from pipelines.config.column_type import ColumnType, Kind
from pipelines.config.declaration import Declaration, declared_tables
from pipelines.local.cdc_role import published_tables
from pipelines.sources.config_changes import history
from pipelines.sources.config_changes.tables import SCHEMA
from pipelines.warehouse import Connection, has_table

Row = Mapping[str, Any]
EPOCH = date(1970, 1, 1)
UNREAD = (ValueError, TypeError, ArithmeticError, InvalidOperation)
PAUSE_S = 1.0  # in which a change on its way arrives


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
        streamed = published_tables(connection)
        return [
            difference
            for name, table in declared_tables(connection).items()
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
        in_history = {_key(json.loads(key)): one.row for key, one in rows.items()}
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
    columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    target = sql.Identifier(*table.table.split("."))
    statement = sql.SQL("select {} from {}").format(columns, target)
    rows: dict[str, Row] = {}
    for values in connection.execute(statement):
        row = dict(zip(table.columns, values, strict=True))
        rows[_key([_sent(row[name], table.types[name]) for name in table.key])] = row
    return rows


def _key(parts: list[Any]) -> str:
    """A key that is the same for both; numbers as text."""
    return json.dumps([str(p) if isinstance(p, int | Decimal) else p for p in parts])


def _sent(value: Any, column: ColumnType) -> Any:
    """A key's value in the form that Debezium gives it, as far as keys go."""
    if isinstance(value, datetime):
        if column.kind == "zoned":
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return str(_micros(value))
    if isinstance(value, date):
        return str((value - EPOCH).days)
    return value if value is None or isinstance(value, str | bool) else str(value)


def _is_same(stored: Any, folded: Any, column: ColumnType) -> bool:
    if stored is None or folded is None:
        return stored is folded
    compare = SAME.get(column.kind)
    if compare is None:
        return True
    try:
        return compare(stored, folded, column)
    except UNREAD:
        return False


def _is_same_decimal(stored: Any, folded: Any, _: ColumnType) -> bool:
    if isinstance(stored, str):  # money, as the server's locale writes it
        return True
    expected, actual = Decimal(stored), Decimal(folded)
    return expected == actual or (expected.is_nan() and actual.is_nan())


def _is_same_array(stored: Any, folded: Any, column: ColumnType) -> bool:
    element = column.element
    if element is None or any(isinstance(item, list) for item in stored):
        return True
    return len(stored) == len(folded) and all(
        _is_same(one, other, element) for one, other in zip(stored, folded, strict=True)
    )


def _is_same_stamp(stored: Any, folded: Any, _: ColumnType) -> bool:
    """A stamp without a zone: days, or a count since 1970 of micros or millis."""
    if isinstance(stored, datetime):
        micros = _micros(stored)
        return int(folded) in {micros, micros // 1000}
    if isinstance(stored, date):
        return int(folded) == (stored - EPOCH).days
    return True


def _is_same_zoned(stored: Any, folded: Any, _: ColumnType) -> bool:
    if not isinstance(stored, datetime):
        return True
    return bool(stored == datetime.fromisoformat(folded))


def _micros(stamp: datetime) -> int:
    since = stamp.replace(tzinfo=None) - datetime(1970, 1, 1)  # noqa: DTZ001  # as sent
    return since // timedelta(microseconds=1)


SAME: Mapping[Kind, Callable[[Any, Any, ColumnType], bool]] = {
    "array": _is_same_array,
    "binary": lambda stored, folded, _: bytes(stored) == base64.b64decode(folded),
    "boolean": lambda stored, folded, _: stored is folded,
    "clock": _is_same_stamp,
    "decimal": _is_same_decimal,
    "floating": lambda stored, folded, _: float(stored) == float(folded),
    "integer": lambda stored, folded, _: int(stored) == int(folded),
    "json": lambda stored, folded, _: stored == json.loads(folded),
    "text": lambda stored, folded, _: str(stored) == folded,
    "zoned": _is_same_zoned,
}
