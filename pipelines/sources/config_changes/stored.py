"""Values as Postgres holds them, in the form that a change of them is kept in.

They come as Postgres' own text, in style ISO and in UTC: a `Reading` of each column.
"""

import base64
from typing import Any, LiteralString

from pipelines.config.column_type import ColumnType
from pipelines.sources.config_changes import postgres_times
from pipelines.sources.config_changes.decimals import SPECIAL
from pipelines.upstream.wire import Number
from pipelines.warehouse import Connection

# of the session, so that a value has one text
STYLE: LiteralString = """
select
    set_config('TimeZone', 'UTC', true),
    set_config('DateStyle', 'ISO', true),
    set_config('IntervalStyle', 'postgres', true),
    set_config('bytea_output', 'hex', true),
    set_config('extra_float_digits', '1', true)
"""


def reading(column: ColumnType) -> LiteralString:
    """The expression that reads a column `{}` as text."""
    return "{}::text[]" if column.kind == "array" else "{}::text"


def kept(text: Any, column: ColumnType) -> Any:
    """What `fitted` makes of the same value when Debezium sends it."""
    if text is None:
        return None
    if isinstance(text, list):
        element = column.element or column
        return [kept(t, column if isinstance(t, list) else element) for t in text]
    if column.kind == "boolean":
        return text in ("true", "1")  # of bit(1)
    if column.kind in ("integer", "floating") and text not in SPECIAL:
        return Number(text)
    if column.base == "bytea":
        return base64.b64encode(bytes.fromhex(text.removeprefix("\\x"))).decode()
    return _in_utc(text) if column.kind == "timetz" else text


def _in_utc(text: str) -> str:
    """A time with a zone as Debezium sends it."""
    time = postgres_times.moment(text)
    offset_us = (time.offset_s or 0) * postgres_times.SECOND_US
    micros = ((time.micros or 0) - offset_us) % postgres_times.DAY_US
    return f"{postgres_times.time_text(micros)}+00"


def use_one_style(connection: Connection) -> None:
    """Have the transaction under way write each value in one way."""
    connection.execute(STYLE)
