"""What bronze holds of finished loads: unscored texts, scores, flags, neighbours."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import LiteralString, NamedTuple

import psycopg
from psycopg import sql

from pipelines.enrichment.neighbours import BURST_SPAN, VERSION, Flag, Item
from pipelines.enrichment.simhash import bands, joined
from pipelines.upstream.feed import Span
from pipelines.warehouse import Connection

UNSCORED, NEIGHBOURS = (
    Path(__file__).with_name(f"{name}.sql").read_text("utf-8")
    for name in ("unscored_texts", "neighbours")
)
SCORES: LiteralString = """
select s.text_hash, s.scorer, s.version
from bronze_sentiment.text_scores as s
where s.text_hash = any(%s) and exists (
    select from ops.loads as l
    where l.schema_name = 'bronze_sentiment' and l.load_id = s._dlt_load_id
)
"""
FLAGS: LiteralString = """
select f.source, f.item_id, f.text_hash, f.flag, f.because
from bronze_sentiment.item_flags as f
inner join unnest(%s::text[], %s::text[]) as a (source, item_id)
    on f.source = a.source and f.item_id = a.item_id
where f.version = %s and exists (
    select from ops.loads as l
    where l.schema_name = 'bronze_sentiment' and l.load_id = f._dlt_load_id
)
"""


@dataclass(frozen=True)
class TextRelation:
    r"""Where texts are: a table of a bronze schema, and what its columns are to us.

    Of each column an SQL expression; `t` is the table. A text that is null or empty,
    as one that was redacted, is not read.

    Attributes:
        source: the source as gold names it; with `item_id` it names an item.
        text: as given, HTML or plain; of several columns `concat_ws(E'\\n', …)`.
        author: who wrote it, as one value an author; null: nobody says.
        received_at: when this reading of the item was made.
    """

    source: str
    schema: str
    table: str
    item_id: LiteralString = "t.item_id"
    text: LiteralString = "t.text"
    author: LiteralString = "null"
    created_at: LiteralString = "t.created_at"
    received_at: LiteralString = "t.received_at"


class Reading(NamedTuple):
    """An item's text as it was read, and the load that brought it."""

    batch_id: int
    item_id: str
    text: str
    author: str | None
    created_at: datetime | None
    received_at: datetime


def unscored(
    connection: Connection, relation: TextRelation, span: Span, by: str, most: int
) -> list[Reading]:
    """The oldest of what the scorers named `by` have not looked at."""
    query = sql.SQL(UNSCORED).format(
        relation=sql.Identifier(relation.schema, relation.table),
        item_id=sql.SQL(relation.item_id),
        text=sql.SQL(relation.text),
        author=sql.SQL(relation.author),
        created_at=sql.SQL(relation.created_at),
        received_at=sql.SQL(relation.received_at),
    )
    values = (relation.schema, *span, relation.source, by, most)
    with psycopg.RawCursor(connection) as cursor:
        return [Reading(*row) for row in cursor.execute(query, values).fetchall()]


def scores(
    connection: Connection, hashes: Collection[str]
) -> set[tuple[str, str, str]]:
    """Which of these texts are scored: hash, scorer, version."""
    return set(connection.execute(SCORES, (list(hashes),)).fetchall())


def flags(connection: Connection, told: Collection[Flag]) -> set[Flag]:
    """What was told before of these items, by this version of the rules."""
    items = {(flag.source, flag.item_id) for flag in told}
    values = ([source for source, _ in items], [item for _, item in items], VERSION)
    return {Flag(*row) for row in connection.execute(FLAGS, values).fetchall()}


def neighbours(connection: Connection, items: Sequence[Item]) -> Iterable[Item]:
    """Items that may be neighbours of these."""
    hashes = [bands(item.simhash) for item in items if item.simhash is not None]
    columns = [sorted(set(column)) for column in zip(*hashes, strict=True)]
    times: dict[tuple[str, str], list[datetime]] = {}
    for item in items:
        if item.author and item.created_at:
            times.setdefault((item.source, item.author), []).append(item.created_at)
    values = (
        *(columns or [[], [], [], []]),
        [source for source, _ in times],
        [author for _, author in times],
        [min(found) - BURST_SPAN for found in times.values()],
        [max(found) + BURST_SPAN for found in times.values()],
    )
    with psycopg.RawCursor(connection) as cursor:
        for row in cursor.execute(NEIGHBOURS.encode(), values):
            parts = row[len(Item._fields) - 1 :]
            simhash = None if parts[0] is None else joined(parts)
            yield Item._make((*row[: len(Item._fields) - 1], simhash))
