"""The first rows that were committed of series, as the deliveries have them.

They come live or with history, from a venue's answers or from files.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import LiteralString

from psycopg import sql

from pipelines.collector.targets import HISTORY, feed_of, series_of
from pipelines.sources import feeds
from pipelines.warehouse import Connection, has_table

FIRST: LiteralString = """
select d.load_id, d.delivered_at
from ops.deliveries as d
where
    d.schema_name = {schema}
    and d.table_name = {name}
    and d.delivered_at >= %(since)s
    and (%(load_ids)s::text[] is null or d.load_id = any(%(load_ids)s))
    and exists (
        select from {table} as r
        where
            r._dlt_load_id = d.load_id
            and r.delivery_file = d.file_id
            and (r.exchange_id, r.symbol) in (
                select * from unnest(%(exchanges)s::text[], %(symbols)s::text[])
            )
    )
order by d.delivered_at, d.load_id
limit 1
"""


def first_row_of(
    connection: Connection,
    streams: Collection[str],
    since: datetime,
    load_ids: Sequence[str] | None,
) -> tuple[str, datetime] | None:
    """The load that first brought a row of one of these streams, and when.

    Of files that were delivered from `since` on, by these loads (None: by any).
    """
    found: list[tuple[datetime, str]] = []
    for feed, places in _tables().items():
        series = [series_of(name) for name in streams if feed_of(name) == feed]
        values = {
            "since": since,
            "load_ids": None if load_ids is None else list(load_ids),
            "exchanges": [exchange_id for exchange_id, _ in series],
            "symbols": [symbol for _, symbol in series],
        }
        for schema, table in places if series else ():
            if not has_table(connection, f"{schema}.{table}"):
                continue
            query = sql.SQL(FIRST).format(
                schema=schema, name=table, table=sql.Identifier(schema, table)
            )
            row = connection.execute(query, values).fetchone()
            if row:
                found.append((row[1], row[0]))
    if not found:
        return None
    at, load_id = min(found)
    return load_id, at


def _tables() -> dict[str, list[tuple[str, str]]]:
    """Where the rows of each feed go: what a venue answers, and its archive's files."""
    tables = {
        name: [
            ("bronze_exchange", feed.table.name),
            *(("bronze_archive", files) for files in feed.archived),
        ]
        for name, feed in feeds().items()
    }
    # of a series whose files are all that is had
    return {
        **tables,
        HISTORY: [place for places in tables.values() for place in places],
    }
