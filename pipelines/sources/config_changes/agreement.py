"""Whether the history of the config tables tells the rows that stand in them.

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
from typing import Any, LiteralString

from psycopg import sql

from pipelines.config.column_type import ColumnType, Kind
from pipelines.config.declaration import Declaration, declared_tables
from pipelines.local.debezium_properties import PUBLICATION
from pipelines.sources.config_changes import history
from pipelines.sources.config_changes.tables import SCHEMA
from pipelines.warehouse import Connection, has_table

Row = Mapping[str, Any]
EPOCH = date(1970, 1, 1)
UNREAD = (ValueError, TypeError, ArithmeticError, InvalidOperation)
PAUSE_S = 1.0  # in which a change that is under way arrives
PUBLISHED: LiteralString = """
select t.tablename from pg_publication_tables as t
where t.pubname = %s and t.schemaname = 'config'
"""


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
        streamed = {n for (n,) in connection.execute(PUBLISHED, (PUBLICATION,))}
        return [
            difference
            for name, told in declared_tables(connection).items()
            if name in streamed
            for difference in _of_table(connection, name, told)
        ]


def _of_table(
    connection: Connection, name: str, told: Declaration
) -> Iterator[Difference]:
    in_table = _standing(connection, told)
    in_history = {}
    if has_table(connection, sql.Identifier(SCHEMA, name).as_string(None)):
        found = history.standing_rows(connection, name)
        in_history = {_key(json.loads(key)): one.row for key, one in found.items()}
    for key in sorted(in_table.keys() | in_history.keys()):
        what = _difference(told, in_table.get(key), in_history.get(key))
        if what:
            yield Difference(name, key, what)


def _difference(told: Declaration, stands: Row | None, tale: Row | None) -> str:
    """What disagrees; empty: nothing."""
    if tale is None:
        return "is not in the history"
    if stands is None:
        return "is in the history alone"
    wrong = [
        name
        for name, kind in told.types.items()
        if not _is_same(stands[name], tale.get(name), kind)
    ]
    return f"differs in {', '.join(wrong)}" if wrong else ""


def _standing(connection: Connection, told: Declaration) -> dict[str, Row]:
    columns = sql.SQL(", ").join(map(sql.Identifier, told.columns))
    target = sql.Identifier(*told.table.split("."))
    statement = sql.SQL("select {} from {}").format(columns, target)
    found: dict[str, Row] = {}
    for values in connection.execute(statement):
        row = dict(zip(told.columns, values, strict=True))
        found[_key([_told(row[name], told.types[name]) for name in told.key])] = row
    return found


def _key(parts: list[Any]) -> str:
    """A key that is the same for both; numbers as text."""
    return json.dumps([str(p) if isinstance(p, int | Decimal) else p for p in parts])


def _told(value: Any, kind: ColumnType) -> Any:
    """A key's value in the form that Debezium gives it, as far as keys go."""
    if isinstance(value, datetime):
        if kind.kind == "zoned":
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return str(_micros(value))
    if isinstance(value, date):
        return str((value - EPOCH).days)
    return value if value is None or isinstance(value, str | bool) else str(value)


def _is_same(stands: Any, tale: Any, kind: ColumnType) -> bool:
    if stands is None or tale is None:
        return stands is tale
    compare = SAME.get(kind.kind)
    if compare is None:
        return True
    try:
        return compare(stands, tale, kind)
    except UNREAD:
        return False


def _is_same_decimal(stands: Any, tale: Any, _: ColumnType) -> bool:
    if isinstance(stands, str):  # money, as the server's locale writes it
        return True
    wanted, found = Decimal(stands), Decimal(tale)
    return wanted == found or (wanted.is_nan() and found.is_nan())


def _is_same_array(stands: Any, tale: Any, kind: ColumnType) -> bool:
    element = kind.element
    if element is None or any(isinstance(item, list) for item in stands):
        return True
    return len(stands) == len(tale) and all(
        _is_same(one, other, element) for one, other in zip(stands, tale, strict=True)
    )


def _is_same_stamp(stands: Any, tale: Any, _: ColumnType) -> bool:
    """A stamp without a zone: days, or a count since 1970 of micros or millis."""
    if isinstance(stands, datetime):
        micros = _micros(stands)
        return int(tale) in {micros, micros // 1000}
    if isinstance(stands, date):
        return int(tale) == (stands - EPOCH).days
    return True


def _is_same_zoned(stands: Any, tale: Any, _: ColumnType) -> bool:
    if not isinstance(stands, datetime):
        return True
    return bool(stands == datetime.fromisoformat(tale))


def _micros(stamp: datetime) -> int:
    since = stamp.replace(tzinfo=None) - datetime(1970, 1, 1)  # noqa: DTZ001  # as sent
    return since // timedelta(microseconds=1)


SAME: Mapping[Kind, Callable[[Any, Any, ColumnType], bool]] = {
    "array": _is_same_array,
    "binary": lambda stands, tale, _: bytes(stands) == base64.b64decode(tale),
    "boolean": lambda stands, tale, _: stands is tale,
    "clock": _is_same_stamp,
    "decimal": _is_same_decimal,
    "floating": lambda stands, tale, _: float(stands) == float(tale),
    "integer": lambda stands, tale, _: int(stands) == int(tale),
    "json": lambda stands, tale, _: stands == json.loads(tale),
    "text": lambda stands, tale, _: str(stands) == tale,
    "zoned": _is_same_zoned,
}
