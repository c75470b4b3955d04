"""The story of one row of the configuration, from the history in bronze."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, LiteralString

from psycopg import sql
from psycopg.errors import InvalidSchemaName, UndefinedTable

from pipelines.config_tables.table import Words, word
from pipelines.errors import SetupError
from pipelines.sources.config_changes.declaration import Declaration
from pipelines.sources.config_changes.row_key import row_key
from pipelines.sources.config_changes.tables import SCHEMA
from pipelines.warehouse import Connection
from pipelines.wire import Number

EVENTS: LiteralString = """
select
    c.op, c.is_inferred, c.before, c.after, c.transaction_id, c.lsn,
    c.committed_at_us, c.received_at
from {} as c
where c.row_key = %s
order by c.lsn, c.is_inferred, c.transaction_position nulls first, c.topic_offset
"""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HAPPENED = {"c": "added", "u": "changed", "d": "removed", "r": "seen in a snapshot"}


@dataclass(frozen=True)
class Chapter:
    """A change of a row; `what` are the columns that it changed, old → new."""

    committed_at: datetime | None
    happened: str
    what: str
    transaction_id: int | None
    lsn: int
    received_at: datetime


def story(connection: Connection, told: Declaration, key: Words) -> list[Chapter]:
    """Every change of the row of this key that bronze holds, the oldest first.

    Raises:
        SetupError: bronze holds no changes of the table.
    """
    asked = row_key("d", _sent(told, key), None, None, told)
    statement = sql.SQL(EVENTS).format(sql.Identifier(SCHEMA, told.name))
    try:
        found = connection.execute(statement, (asked,)).fetchall()
    except (InvalidSchemaName, UndefinedTable):
        raise SetupError(
            f"no change of {told.table} was taken in yet: `bullion up debezium`, then"
            " `bullion config follow`"
        ) from None
    return [_chapter(event) for event in found]


def _chapter(event: tuple[Any, ...]) -> Chapter:
    op, is_inferred, before, after, transaction_id, lsn, committed_us, received = event
    seen = " (seen missing in a snapshot)" if is_inferred else ""
    return Chapter(
        None if committed_us is None else EPOCH + timedelta(microseconds=committed_us),
        HAPPENED.get(op, op) + seen,
        _what(_row(before), _row(after)),
        transaction_id,
        lsn,
        received,
    )


def _what(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    if not (before and after):
        return ", ".join(f"{k} {_told(v)}" for k, v in (after or before).items())
    return ", ".join(
        f"{name} {_told(before.get(name))} → {_told(value)}"
        for name, value in after.items()
        if before.get(name) != value
    )


def _told(value: Any) -> str:
    return "nothing" if value is None else word(value)


def _row(text: str | None) -> Mapping[str, Any]:
    return json.loads(text, parse_float=Decimal) if text else {}


def _sent(told: Declaration, key: Words) -> dict[str, Any]:
    numbers = {"integer", "floating"}
    return {
        name: Number(text) if told.types[name].kind in numbers else text
        for name, text in key.items()
    }
