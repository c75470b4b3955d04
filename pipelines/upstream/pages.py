"""`pages`: a span of a feed that one answer speaks for; a table of each bronze schema.

It alone says what of a feed is missing: the answers of finished loads are the cursor.
"""

from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from pipelines.bronze.tables import Column, Table, columns
from pipelines.upstream.feed import Feed, Key, Span
from pipelines.warehouse import Connection, has_table

PAGES = Table(
    "pages",  # a span of a feed that one answer speaks for, half-open
    (
        *columns("text", "scope", "subject", "feed"),
        *columns("bigint", "asked_from", "asked_until"),
        Column("asked_cursor", "text", nullable=True),
        *columns("bigint", "answered_from", "answered_until"),
        *columns("bigint", "first_id", "last_id", nullable=True),
        Column("next_cursor", "text", nullable=True),
        Column("sends_empty", "bool", nullable=True),
        *columns("bigint", "rows_count", "upstream_now_ms"),
        *columns("text", "request_id", "origin"),
        Column("received_at", "timestamp"),
    ),
    indexes=(
        ("scope", "subject", "feed", "asked_until"),
        ("scope", "subject", "feed", "answered_until"),
    ),
    part="feed",
)

MISSING, LEFT_OUT, ANSWERED, ANSWERED_UNTIL = (
    Path(__file__).with_name(f"{name}.sql").read_text("utf-8")
    for name in ("missing_spans", "left_out_spans", "answered_spans", "answered_until")
)
EVERY_HOLE = 1 << 31  # refused spans that are asked for again: all
# dbt's macro of this name says the same, and why
SEPARATE_MS = 30_000


class Gap(NamedTuple):
    """A span to ask for; `cursor` is where an earlier load left off before it."""

    start: int
    end: int
    cursor: str | None = None


class Pages:
    """The answers about one feed that bronze holds of finished loads."""

    def __init__(self, connection: Connection, schema: str, key: Key) -> None:
        self._connection = connection
        self._schema = schema
        self._key = key

    def missing(
        self,
        span: Span,
        *,
        reread: int = 0,
        has_window: bool = False,
        refused: int,
        forms: bool = False,
    ) -> list[Gap]:
        """The parts of `span` to ask for, oldest first.

        What no answer spoke for; at most `refused` spans of rows that were refused,
        the newest of them; and the last `reread` of what is answered. With a window,
        what an answer could not reach back to is not asked for again. `forms`: what
        was asked beyond the last answer had not ended, and is asked for as new.
        """
        if span[0] >= span[1]:
            return []
        if not self._is_there:
            return [Gap(*span)]
        more = (*span, reread, has_window, refused, forms)
        return [Gap(*row) for row in self._rows(MISSING, *more)]

    def left_out(self, feed: Feed, span: Span, *, newest: int | None) -> list[Gap]:
        """The runs of steps in `span` that were answered for, and had no row, in order.

        Those that one reading alone left out, and are longer than the series is used
        to: the `newest` of them; None: all, whatever was told of them.
        """
        if span[0] >= span[1] or not self._is_there:
            return []
        more = (*span, feed.axis.step, SEPARATE_MS, newest is None, newest or 0)
        scope, subject = feed.key_columns
        names = {
            "rows": sql.Identifier(self._schema, feed.table.name),
            "scope": sql.Identifier(scope),
            "subject": sql.Identifier(subject),
            "at": sql.Identifier(feed.axis.column),
        }
        return [Gap(*row) for row in self._rows(LEFT_OUT, *more, **names)]

    def answered_until(self) -> int | None:
        """The end of what has been answered for; None: nothing has."""
        rows = self._rows(ANSWERED_UNTIL) if self._is_there else []
        return rows[0][0] if rows else None

    def answered(self) -> list[Span]:
        """The spans that have been answered for, in order."""
        rows = self._rows(ANSWERED) if self._is_there else []
        return [(start, end) for start, end in rows]

    @property
    def _is_there(self) -> bool:
        return has_table(self._connection, f"{self._schema}.{PAGES.name}")

    def _rows(
        self, text: str, *more: object, **names: sql.Identifier
    ) -> list[tuple[Any, ...]]:
        pages = sql.Identifier(self._schema, PAGES.name)
        query = sql.SQL(text).format(pages=pages, schema=self._schema, **names)
        with psycopg.RawCursor(self._connection) as cursor:
            return cursor.execute(query, (*self._key, *more)).fetchall()
