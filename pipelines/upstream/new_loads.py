"""Loads of a table that something made from it has not looked through yet.

The numbers of loads (`ops.loads.batch_id`) are the axis of what was looked through; a
page says so, in the delivery of what was made. No load is looked through twice.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from pipelines.bronze.load import register
from pipelines.upstream.feed import Key, Span
from pipelines.upstream.pages import EVERY_HOLE, Pages
from pipelines.warehouse import Connection

NEWEST: LiteralString = """
select l.batch_id
from ops.loads as l
where l.schema_name = %s and exists (
    select from ops.deliveries as d
    where
        d.schema_name = l.schema_name and d.load_id = l.load_id and d.table_name = %s
)
order by l.batch_id desc
limit 1
"""


@dataclass(frozen=True)
class NewLoads:
    """The loads of `schema`'s `table` that no page of `key` speaks for.

    Attributes:
        pages: the schema whose pages say so.
    """

    connection: Connection
    schema: str
    table: str
    key: Key
    pages: str

    def spans(self) -> list[Span]:
        """The loads to look through, by number.

        A number is given before it can be seen. The load that a number below the
        newest one is of had ended before that one was seen; so it is registered, by
        whoever does it, when `register` comes back.
        """
        newest = self.connection.execute(NEWEST, (self.schema, self.table)).fetchone()
        if newest is None:
            return []
        register(self.connection, self.schema)
        pages = Pages(self.connection, self.pages, self.key)
        gaps = pages.missing((0, newest[0] + 1), refused=EVERY_HOLE)
        return [(gap.start, gap.end) for gap in gaps]

    def page(
        self, asked_for: Span, done: Span, rows_count: int, now: datetime
    ) -> dict[str, object]:
        """The page that speaks for `done`, as its table has it."""
        return {
            **self.key._asdict(),
            "asked_from": asked_for[0],
            "asked_until": asked_for[1],
            "answered_from": done[0],
            "answered_until": done[1],
            "rows_count": rows_count,
            "upstream_now_ms": int(now.timestamp() * 1000),
            "request_id": "",
            "origin": f"{self.schema}.{self.table}",
            "received_at": now.isoformat(),
        }
