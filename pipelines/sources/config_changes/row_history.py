"""The history of one row of the configuration: its changes, what became of each."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.errors import InvalidSchemaName, UndefinedTable
from psycopg.rows import namedtuple_row

from pipelines.config.declaration import Declaration
from pipelines.config.path import HAPPENED, as_word
from pipelines.config.status import who
from pipelines.config.table import Words, literals, refusals
from pipelines.errors import SetupError
from pipelines.sources.config_changes import history
from pipelines.sources.config_changes.row_key import key_of_row
from pipelines.sources.config_changes.stored import kept, reading, use_one_style
from pipelines.warehouse import Connection

HISTORY = Path(__file__).with_name("row_history.sql").read_text("utf-8")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class RowChange:
    """A change of a row; `what` are the columns that it changed, old → new.

    Milliseconds count from the commit. What a snapshot read has no author, and no
    outcome.
    """

    committed_at: datetime | None
    happened: str
    what: str
    who: str | None
    outcome: str | None
    reason: str | None
    attempts_count: int | None
    captured_ms: Decimal | None
    consumed_ms: Decimal | None
    applied_ms: Decimal | None
    first_row_ms: Decimal | None
    captured_at: datetime | None
    consumed_at: datetime | None
    applied_at: datetime | None
    first_row_at: datetime | None
    transaction_id: int | None
    lsn: int
    received_at: datetime


SAME = [
    field.name
    for field in fields(RowChange)
    if field.name not in {"committed_at", "happened", "what", "who"}
]


def row_history(
    connection: Connection, declared: Declaration, key: Words
) -> list[RowChange]:
    """Every change of the row of this key that bronze holds, the oldest first.

    Raises:
        SetupError: bronze holds no changes of the table.
    """
    wanted_key = _key_of(connection, declared, key)
    query = history.statement(HISTORY, declared.name)
    try:
        with psycopg.RawCursor(connection, row_factory=namedtuple_row) as cursor:
            events = cursor.execute(query, (declared.name, wanted_key)).fetchall()
    except (InvalidSchemaName, UndefinedTable):
        raise SetupError(
            f"no change of {declared.table} was taken in yet: `bullion up debezium`,"
            " then `bullion config follow`"
        ) from None
    return [_row_change(event) for event in events]


def _row_change(event: Any) -> RowChange:
    note = " (seen missing in a snapshot)" if event.is_inferred else ""
    committed_us = event.committed_at_us
    return RowChange(
        committed_at=None
        if committed_us is None
        else EPOCH + timedelta(microseconds=committed_us),
        happened=HAPPENED.get(event.op, event.op) + note,
        what=_what(_row(event.before), _row(event.after)),
        who=event.outcome and who(event.login, event.role, event.application_name),
        **{name: getattr(event, name) for name in SAME},
    )


def _what(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    if not (before and after):
        return ", ".join(f"{k} {as_word(v)}" for k, v in (after or before).items())
    return ", ".join(
        f"{name} {as_word(before.get(name))} → {as_word(value)}"
        for name, value in after.items()
        if before.get(name) != value
    )


def _row(text: str | None) -> Mapping[str, Any]:
    return json.loads(text, parse_float=Decimal) if text else {}


def _key_of(connection: Connection, declared: Declaration, key: Words) -> str | None:
    """The key of words, as Postgres understands them."""
    columns = sql.SQL(", ").join(
        sql.SQL(reading(declared.types[name])).format(_typed(declared, name))
        for name in declared.key
    )
    with connection.transaction(), refusals():
        use_one_style(connection)
        statement = sql.SQL("select {}").format(columns)
        texts = connection.execute(statement, literals(declared, key)).fetchone() or ()
    row = {
        name: kept(text, declared.types[name])
        for name, text in zip(declared.key, texts, strict=True)
    }
    return key_of_row(row, declared)


def _typed(declared: Declaration, name: str) -> sql.Composed:
    # as Postgres itself writes the type; its name may have a percent sign
    type_name = sql.SQL(declared.columns[name].replace("%", "%%"))
    return sql.SQL("{}::{}").format(sql.Placeholder(name), type_name)
