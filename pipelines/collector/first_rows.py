"""The first rows that were committed of series, as the deliveries have them.

They come live or with history, from an upstream's answers or from files.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import LiteralString

from psycopg import sql

from pipelines.collector.targets import HISTORY
from pipelines.sources import specs
from pipelines.upstream.feed import Feed, Key
from pipelines.upstream.key_columns import key_columns
from pipelines.warehouse import Connection, has_table

FIRST: LiteralString = """
select d.delivered_at, d.load_id
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
            and ({columns}) in (select * from unnest({series}))
    )
order by d.delivered_at, d.load_id
limit 1
"""


def first_row_of(
    connection: Connection,
    keys: Collection[Key],
    since: datetime,
    load_ids: Sequence[str] | None,
) -> tuple[str, datetime] | None:
    """The load that first delivered a row of one of these keys, and when.

    Of files that were delivered from `since` on, by these loads (None: by any).
    """
    values = {"since": since, "load_ids": None if load_ids is None else list(load_ids)}
    rows: list[tuple[datetime, str]] = []
    for schema, table, feed, series in _places(keys):
        if has_table(connection, f"{schema}.{table}"):
            query = _query(schema, table, feed, series)
            rows += connection.execute(query, values).fetchall()
    if not rows:
        return None
    at, load_id = min(rows)
    return load_id, at


def _places(
    keys: Collection[Key],
) -> Iterator[tuple[str, str, Feed, list[Key]]]:
    """Where rows of these keys go: what an upstream answers, and an archive's files.

    Of a series that comes from files alone, any feed's row counts.
    """
    archives = [spec.bronze for spec in specs() if spec.archive]
    for spec in specs():
        for feed in spec.feeds.values():
            series = [key for key in keys if key.feed in (feed.name, HISTORY)]
            if series:
                yield spec.bronze, feed.table.name, feed, series
                for archive in archives:
                    for files in feed.archived:
                        yield archive, files, feed, series


def _query(schema: str, table: str, feed: Feed, series: Sequence[Key]) -> sql.Composed:
    columns = key_columns(feed, "r")
    return sql.SQL(FIRST).format(
        schema=schema,
        name=table,
        table=sql.Identifier(schema, table),
        columns=sql.SQL(", ").join(columns),
        series=sql.SQL(", ").join(
            sql.SQL("{}::text[]").format([key[n] for key in series])
            for n in range(len(columns))
        ),
    )
