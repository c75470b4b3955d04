"""The ledger of backfills: `ops.backfills` (a plan), `ops.backfill_chunks` (a part).

A chunk belongs to whoever holds its advisory lock, so one whose process died is free
at once; its row says how far it came.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import LiteralString

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from pipelines import warehouse
from pipelines.backfill.chunk import Chunk, ChunkResult, NewChunk, Plan, State
from pipelines.errors import SetupError
from pipelines.upstream.feed import Extent, Key, Span

WIDEN: LiteralString = (
    "update ops.backfills as b set from_value = least(b.from_value, %s),"
    " until_value = greatest(b.until_value, %s)"
    " where scope = %s and subject = %s and feed = %s"
    " returning plan_id, scope, subject, feed, unit, from_value, until_value"
)
PLANS: LiteralString = (
    "select plan_id, scope, subject, feed, unit, from_value, until_value"
    " from ops.backfills where plan_id = any(%s) or %s order by plan_id"
)
MAKE: LiteralString = (
    "insert into ops.backfills (scope, subject, feed, unit, from_value, until_value)"
    " values (%s, %s, %s, %s, %s, %s) on conflict do nothing"
)
CHUNK: LiteralString = (
    "select c.chunk_id, c.plan_id, c.route, p.unit, c.from_value, c.until_value,"
    " c.state, c.reason, c.attempts_count, c.load_ids, c.files"
    " from ops.backfill_chunks as c inner join ops.backfills as p using (plan_id)"
)
IN_ORDER: LiteralString = " order by c.plan_id, c.from_value, c.chunk_id"
# the newest numbers first: what lies by number is the longest history
TO_DO: LiteralString = (
    " order by c.plan_id,"
    " case p.unit when 'number' then -c.from_value else c.from_value end, c.chunk_id"
)
BEGIN: LiteralString = (
    "update ops.backfill_chunks set state = 'running', ended_at = null,"
    " attempts_count = attempts_count + 1,"
    " began_at = coalesce(began_at, clock_timestamp())"
    " where chunk_id = %s and state <> 'done' returning chunk_id"
)
ADD: LiteralString = (
    "insert into ops.backfill_chunks (plan_id, route, from_value, until_value,"
    " requests_planned, bytes_planned, files) values (%s, %s, %s, %s, %s, %s, %s)"
)


def write_plan(connection: warehouse.Connection, key: Key, extent: Extent) -> Plan:
    """The plan of this key, made or widened to `extent`, its row locked."""
    widen = (*extent.span, *key)
    with connection.cursor(row_factory=class_row(Plan)) as cursor:
        plan = cursor.execute(WIDEN, widen).fetchone()
        if plan is None:
            cursor.execute(MAKE, (*key, extent.unit, *extent.span))
            plan = cursor.execute(WIDEN, widen).fetchone()
    assert plan is not None  # noqa: S101  # it stands now, whoever made it
    return plan


def plans(connection: warehouse.Connection, plan_ids: Sequence[int] = ()) -> list[Plan]:
    """These plans; all by default.

    Raises:
        SetupError: there is no such plan.
    """
    with connection.cursor(row_factory=class_row(Plan)) as cursor:
        plans = cursor.execute(PLANS, (list(plan_ids), not plan_ids)).fetchall()
    unknown = set(plan_ids) - {plan.plan_id for plan in plans}
    if unknown:
        named = ", ".join(str(number) for number in sorted(unknown))
        raise SetupError(
            f"there is no plan {named}: bullion backfill status lists them"
        )
    return plans


def chunks(connection: warehouse.Connection, plan_ids: Sequence[int]) -> list[Chunk]:
    """The chunks of these plans, oldest first."""
    return _chunks(connection, " where c.plan_id = any(%s)", list(plan_ids))


def open_chunks(
    connection: warehouse.Connection, plan_ids: Sequence[int]
) -> list[Chunk]:
    """What of these plans is not done, in the order in which it is done."""
    where: LiteralString = " where c.plan_id = any(%s) and c.state <> 'done'"
    return _chunks(connection, where, list(plan_ids), TO_DO)


def left(connection: warehouse.Connection, plan_id: int) -> list[NewChunk]:
    """What of the plan is not done, as it was planned."""
    rows = connection.execute(
        "select route, from_value, until_value, requests_planned, bytes_planned, files"
        " from ops.backfill_chunks where plan_id = %s and state <> 'done'"
        " order by from_value, chunk_id",
        (plan_id,),
    ).fetchall()
    return [
        NewChunk(route, (start, end), requests, size, files)
        for route, start, end, requests, size, files in rows
    ]


def forget_untried(connection: warehouse.Connection, plan: Plan, span: Span) -> None:
    """Delete the plan's chunks in `span` that nobody began: they are planned anew."""
    connection.execute(
        "delete from ops.backfill_chunks where plan_id = %s and state = 'waiting'"
        " and attempts_count = 0 and from_value >= %s and until_value <= %s",
        (plan.plan_id, *span),
    )


def add(
    connection: warehouse.Connection, plan: Plan, planned: Sequence[NewChunk]
) -> None:
    """Write chunks down."""
    rows = [
        (
            plan.plan_id,
            chunk.route,
            *chunk.span,
            chunk.requests,
            chunk.bytes_count,
            Jsonb(list(chunk.files), dumps=partial(json.dumps, sort_keys=True)),
        )
        for chunk in planned
    ]
    with connection.cursor() as cursor:
        cursor.executemany(ADD, rows)


def begin(connection: warehouse.Connection, chunk_id: int) -> Chunk | None:
    """Note that it runs; None: it is done, or no longer planned. Hold its lock."""
    if connection.execute(BEGIN, (chunk_id,)).fetchone() is None:
        return None
    (chunk,) = _chunks(connection, " where c.chunk_id = %s", chunk_id)
    return chunk


def note_load(connection: warehouse.Connection, chunk: Chunk, load_id: str) -> None:
    """Note a load that was begun for the chunk, before it delivers anything."""
    connection.execute(
        "update ops.backfill_chunks set load_ids = load_ids || %(load_id)s"
        " where chunk_id = %(chunk_id)s and not load_ids @> array[%(load_id)s]",
        {"chunk_id": chunk.chunk_id, "load_id": load_id},
    )


def finish(connection: warehouse.Connection, chunk: Chunk, result: ChunkResult) -> None:
    """Note that it is done, and its result."""
    connection.execute(
        "update ops.backfill_chunks set state = 'done', reason = null,"
        " rows_count = %(rows_count)s, requests_count = %(requests_count)s,"
        " bytes_count = %(bytes_count)s, sha256 = %(checksum)s,"
        " ended_at = clock_timestamp() where chunk_id = %(chunk_id)s",
        {**asdict(result), "chunk_id": chunk.chunk_id},
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


def _chunks(
    connection: warehouse.Connection,
    where: LiteralString,
    value: object,
    order: LiteralString = IN_ORDER,
) -> list[Chunk]:
    with connection.cursor(row_factory=class_row(Chunk)) as cursor:
        return cursor.execute(CHUNK + where + order, (value,)).fetchall()
