"""Items to read again by their ids: an hour, six and a day after they were written.

What is due is asked of bronze, so a load that is killed forgets none. An item that a
second load is not told of either is gone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString

from psycopg import sql

from pipelines.sources.sentiment.authors import Authors
from pipelines.sources.sentiment.bodies import Cells, Page
from pipelines.sources.sentiment.declaration import Endpoint
from pipelines.sources.sentiment.fields import nothing
from pipelines.warehouse import Connection, has_table

# a snapshot that this run's walks brought is not in bronze yet; who is gone stays so
DUE: LiteralString = """
select
    i.item_id,
    min(i.kind),
    min(i.created_at),
    max(i.sealed_address) filter (where i.author_key_id = %(key_id)s)
from {items} as i
cross join unnest(%(ages)s::interval[]) as a (age)
where
    i.created_at > %(now)s - a.age - %(late)s
    and i.created_at <= %(now)s - a.age
    and not exists (
        select from {items} as s
        where
            s.item_id = i.item_id
            and (s.tombstone is not null or s.received_at >= i.created_at + a.age)
    )
group by i.item_id
order by i.item_id
"""
LEFT_OUT_BEFORE: LiteralString = """
select asked.item_id
from unnest(%(ids)s::text[]) as asked (item_id)
where exists (
    select from {answers} as a
    where
        a.endpoint = %(endpoint)s
        and a.received_at >= %(since)s
        and a.outcome = 'read'
        and a.refused_count = 0
        and asked.item_id = any(string_to_array(a.subject, ','))
        and not exists (
            select from {items} as i
            where i.item_id = asked.item_id and i.answer_id = a.answer_id
        )
)
"""
AGES = [timedelta(hours=1), timedelta(hours=6), timedelta(hours=24)]
LATE = timedelta(minutes=30)  # two runs of the schedule: what is later was missed


@dataclass(frozen=True)
class Due:
    """An item whose snapshot is to be taken now; `address` is what it is asked by."""

    item_id: str
    kind: str
    created_at: datetime
    address: str


class Again:
    """What is to be asked of an endpoint of a source by ids."""

    def __init__(
        self, connection: Connection, source: str, endpoint: Endpoint, authors: Authors
    ) -> None:
        self._connection = connection
        self._schema = f"bronze_{source}"
        self._endpoint = endpoint
        self._authors = authors

    def due(self, now: datetime) -> Iterator[Due]:
        """The items whose snapshot at one of `AGES` is to be taken now.

        None is taken later than by `LATE`: a snapshot that was missed is none. Nor is
        one whose address another key sealed.
        """
        if not has_table(self._connection, f"{self._schema}.items"):
            return
        facts = {"ages": AGES, "late": LATE, "now": now}
        rows = self._query(DUE, {**facts, "key_id": self._authors.key_id})
        for item_id, kind, created_at, sealed in rows:
            address = item_id
            if self._endpoint.address is not nothing:
                address = self._authors.opened(sealed) if sealed else None
            if address is not None:
                yield Due(item_id, kind, created_at, address)

    def gone(self, page: Page, asked: Sequence[Due]) -> list[Cells]:
        """Tombstones of those that this answer leaves out, as one of a load before did.

        One answer is no proof: https://github.com/bluesky-social/atproto/issues/4459
        tells of posts that another one beside them hid.
        """
        told = set(page.ids)
        left_out = {one.item_id: one for one in asked if one.item_id not in told}
        if page.reason or page.refused or not left_out:
            return []
        facts = {
            "ids": [*left_out],
            "endpoint": self._endpoint.name,
            "since": page.body.received_at - AGES[-1] - LATE,
        }
        rows = self._query(LEFT_OUT_BEFORE, facts)
        gone = [left_out[item_id] for (item_id,) in rows]
        return [
            {
                "kind": one.kind,
                "item_id": one.item_id,
                "created_at": one.created_at.isoformat(),
                "tombstone": "deleted",
                **page.place(number),
            }
            for number, one in enumerate(gone, len(page.ids))
        ]

    def _query(
        self, statement: LiteralString, facts: Mapping[str, object]
    ) -> Sequence[tuple[Any, ...]]:
        tables = {n: sql.Identifier(self._schema, n) for n in ("items", "answers")}
        query = sql.SQL(statement).format(**tables)
        return self._connection.execute(query, facts).fetchall()
