"""The first rows that were committed of series, as the deliveries have them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import LiteralString

from psycopg import sql

from pipelines.collector.wanted import series_of
from pipelines.warehouse import Connection

TABLES = {"candles": "ohlcv", "trades": "trades"}

FIRST: LiteralString = """
select d.load_id, d.delivered_at
from ops.deliveries as d
where
    d.schema_name = 'bronze_exchange'
    and d.table_name = {name}
    and d.delivered_at >= %(since)s
    and (%(load_ids)s::text[] is null or d.load_id = any(%(load_ids)s))
    and exists (
        select from bronze_exchange.{table} as r
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
    for feed, table in TABLES.items():
        series = [series_of(name) for name in streams if _feed(name) == feed]
        if not series:
            continue
        query = sql.SQL(FIRST).format(
            name=sql.Literal(table), table=sql.Identifier(table)
        )
        values = {
            "since": since,
            "load_ids": None if load_ids is None else list(load_ids),
            "exchanges": [exchange_id for exchange_id, _ in series],
            "symbols": [symbol for _, symbol in series],
        }
        row = connection.execute(query, values).fetchone()
        if row:
            found.append((row[1], row[0]))
    if not found:
        return None
    at, load_id = min(found)
    return load_id, at


def _feed(stream: str) -> str:
    """What a stream is of; candles have the series' own name."""
    words = stream.split(" ")
    return words[2] if len(words) > 2 else "candles"  # noqa: PLR2004
