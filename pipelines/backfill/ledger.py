"""The ledger of backfills: `ops.backfills` (a plan), `ops.backfill_chunks` (a part).

A chunk belongs to whoever holds its advisory lock, so one whose process died is free
at once; its row says how far it came.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, LiteralString

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from pipelines import warehouse
from pipelines.backfill.spans import MINUTE_MS, Span, at, to_ms
from pipelines.errors import SetupError

Route = Literal["archive", "rest"]
State = Literal["waiting", "running", "done", "failed"]


@dataclass(frozen=True)
class Plan:
    """A series' feed and the span of it that is to be had."""

    plan_id: int
    exchange_id: str
    symbol: str
    feed: str
    since_at: datetime
    until_at: datetime

    def __str__(self) -> str:
        return (
            f"plan {self.plan_id}, {self.feed} of {self.symbol} on {self.exchange_id}"
        )


@dataclass(frozen=True)
class NewChunk:
    """A part of a plan before it is written down; `files` as the archive lists them."""

    route: Route
    span: Span
    requests: int
    bytes_count: int
    files: Sequence[dict[str, Any]] = ()


@dataclass(frozen=True)
class Chunk:
    """A part of a plan as the ledger has it."""

    chunk_id: int
    plan_id: int
    route: Route
    since_at: datetime
    until_at: datetime
    state: State
    reason: str | None
    attempts_count: int
    load_ids: list[str]
    files: list[dict[str, Any]] = field(default_factory=list)

    @property
    def span(self) -> Span:
        """Its minutes."""
        return to_ms(self.since_at), to_ms(self.until_at)

    @property
    def minutes(self) -> int:
        """How many minutes it has."""
        start, end = self.span
        return (end - start) // MINUTE_MS

    @property
    def lock(self) -> str:
        """The lock of whoever works on it."""
        return f"backfill chunk {self.chunk_id}"


@dataclass(frozen=True)
class Facts:
    """What a chunk brought: rows of its feed, requests, bytes as sent, a checksum."""

    rows_count: int
    requests_count: int
    bytes_count: int
    checksum: str


WIDEN: LiteralString = (
    "update ops.backfills as b"
    " set since_at = least(b.since_at, %s), until_at = greatest(b.until_at, %s)"
    " where exchange_id = %s and symbol = %s and feed = %s"
    " returning plan_id, exchange_id, symbol, feed, since_at, until_at"
)
MAKE: LiteralString = (
    "insert into ops.backfills (exchange_id, symbol, feed, since_at, until_at)"
    " values (%s, %s, %s, %s, %s) on conflict do nothing"
)
CHUNK: LiteralString = (
    "select chunk_id, plan_id, route, since_at, until_at, state, reason,"
    " attempts_count, load_ids, files from ops.backfill_chunks"
)


def write_plan(
    connection: warehouse.Connection,
    exchange_id: str,
    symbol: str,
    feed: str,
    span: Span,
) -> Plan:
    """The plan of this series' feed, made or widened to `span`, its row locked."""
    named = (exchange_id, symbol, feed)
    bounds = (at(span[0]), at(span[1]))
    with connection.cursor(row_factory=class_row(Plan)) as cursor:
        plan = cursor.execute(WIDEN, (*bounds, *named)).fetchone()
        if plan is None:
            cursor.execute(MAKE, (*named, *bounds))
            plan = cursor.execute(WIDEN, (*bounds, *named)).fetchone()
    assert plan is not None  # noqa: S101  # it stands now, whoever made it
    return plan


def plans(connection: warehouse.Connection, plan_ids: Sequence[int] = ()) -> list[Plan]:
    """These plans; all by default.

    Raises:
        SetupError: there is no such plan.
    """
    with connection.cursor(row_factory=class_row(Plan)) as cursor:
        found = cursor.execute(
            "select plan_id, exchange_id, symbol, feed, since_at, until_at"
            " from ops.backfills where plan_id = any(%s) or %s order by plan_id",
            (list(plan_ids), not plan_ids),
        ).fetchall()
    unknown = set(plan_ids) - {plan.plan_id for plan in found}
    if unknown:
        told = ", ".join(str(number) for number in sorted(unknown))
        raise SetupError(f"there is no plan {told}: bullion backfill status lists them")
    return found


def chunks(connection: warehouse.Connection, plan_ids: Sequence[int]) -> list[Chunk]:
    """The chunks of these plans, oldest first."""
    with connection.cursor(row_factory=class_row(Chunk)) as cursor:
        return cursor.execute(
            CHUNK + " where plan_id = any(%s) order by plan_id, since_at, chunk_id",
            (list(plan_ids),),
        ).fetchall()


def open_chunks(
    connection: warehouse.Connection, plan_ids: Sequence[int]
) -> list[Chunk]:
    """What of these plans is not done, oldest first."""
    with connection.cursor(row_factory=class_row(Chunk)) as cursor:
        return cursor.execute(
            CHUNK + " where plan_id = any(%s) and state <> 'done'"
            " order by plan_id, since_at, chunk_id",
            (list(plan_ids),),
        ).fetchall()


def left(connection: warehouse.Connection, plan_id: int) -> list[NewChunk]:
    """What of the plan is not done, as it was planned."""
    found = connection.execute(
        "select route, since_at, until_at, requests_planned, bytes_planned, files"
        " from ops.backfill_chunks where plan_id = %s and state <> 'done'"
        " order by since_at, chunk_id",
        (plan_id,),
    ).fetchall()
    return [
        NewChunk(route, (to_ms(since), to_ms(until)), requests, size, files)
        for route, since, until, requests, size, files in found
    ]


def forget_untried(connection: warehouse.Connection, plan: Plan, span: Span) -> None:
    """Delete the plan's chunks in `span` that nobody began: they are planned anew."""
    connection.execute(
        "delete from ops.backfill_chunks where plan_id = %s and state = 'waiting'"
        " and attempts_count = 0 and since_at >= %s and until_at <= %s",
        (plan.plan_id, at(span[0]), at(span[1])),
    )


def add(
    connection: warehouse.Connection, plan: Plan, planned: Sequence[NewChunk]
) -> None:
    """Write chunks down."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.backfill_chunks (plan_id, route, since_at, until_at,"
            " requests_planned, bytes_planned, files)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    plan.plan_id,
                    chunk.route,
                    at(chunk.span[0]),
                    at(chunk.span[1]),
                    chunk.requests,
                    chunk.bytes_count,
                    Jsonb(list(chunk.files), dumps=_dumps),
                )
                for chunk in planned
            ],
        )


def begin(connection: warehouse.Connection, chunk_id: int) -> Chunk | None:
    """Note that it runs; None: it is done, or no longer planned. Hold its lock."""
    with connection.cursor(row_factory=class_row(Chunk)) as cursor:
        return cursor.execute(
            "update ops.backfill_chunks set state = 'running',"
            " attempts_count = attempts_count + 1, ended_at = null,"
            " began_at = coalesce(began_at, clock_timestamp())"
            " where chunk_id = %s and state <> 'done'"
            " returning chunk_id, plan_id, route, since_at, until_at, state, reason,"
            " attempts_count, load_ids, files",
            (chunk_id,),
        ).fetchone()


def note_load(connection: warehouse.Connection, chunk: Chunk, load_id: str) -> None:
    """Note a load that was begun for the chunk, before it brings anything."""
    connection.execute(
        "update ops.backfill_chunks set load_ids = load_ids || %(load_id)s"
        " where chunk_id = %(chunk_id)s and not load_ids @> array[%(load_id)s]",
        {"chunk_id": chunk.chunk_id, "load_id": load_id},
    )


def finish(connection: warehouse.Connection, chunk: Chunk, facts: Facts) -> None:
    """Note that it is done, and what it brought."""
    connection.execute(
        "update ops.backfill_chunks set state = 'done', reason = null, rows_count = %s,"
        " requests_count = %s, bytes_count = %s, sha256 = %s,"
        " ended_at = clock_timestamp() where chunk_id = %s",
        (
            facts.rows_count,
            facts.requests_count,
            facts.bytes_count,
            facts.checksum,
            chunk.chunk_id,
        ),
    )


def give_back(
    connection: warehouse.Connection, chunk: Chunk, state: State, reason: str | None
) -> None:
    """Note that it is not done, and why."""
    connection.execute(
        "update ops.backfill_chunks set state = %s, reason = %s,"
        " ended_at = clock_timestamp() where chunk_id = %s",
        (state, reason, chunk.chunk_id),
    )


def _dumps(value: object) -> str:
    return json.dumps(value, sort_keys=True)
