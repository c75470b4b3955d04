"""What bronze holds of a series already, by what finished loads brought."""

from typing import LiteralString

from pipelines import warehouse
from pipelines.backfill.spans import MINUTE_MS, Span
from pipelines.sources import feeds
from pipelines.upstream.feed import IN_MS, Key
from pipelines.upstream.pages import Pages

SCHEMA = "bronze_exchange"

FILES: LiteralString = """
select distinct f.path, f.bytes_count, f.published_at_ms
from bronze_archive.files as f
inner join ops.loads as l
    on f._dlt_load_id = l.load_id and l.schema_name = 'bronze_archive'
where f.exchange_id = %s and f.symbol = %s and f.status = 'loaded'
"""

FileVersion = tuple[str, int, int]  # path, bytes, when it was published (ms)


def answered(
    connection: warehouse.Connection, feed: str, exchange_id: str, symbol: str
) -> list[Span]:
    """The spans of whole minutes that the venue's REST interface has answered for.

    A page may end inside of a minute, which is not whole then.
    """
    declared = feeds().get(feed)
    if declared is None:
        return []
    key = Key(exchange_id, symbol, feed)
    minute = MINUTE_MS * IN_MS[declared.axis.unit]
    spans = [
        (-(-start // minute) * MINUTE_MS, end // minute * MINUTE_MS)
        for start, end in Pages(connection, SCHEMA, key).answered()
    ]
    return [(start, end) for start, end in spans if start < end]


def files(
    connection: warehouse.Connection, exchange_id: str, symbol: str
) -> set[FileVersion]:
    """The versions of the archive's files that are loaded."""
    if not warehouse.has_table(connection, "bronze_archive.files"):
        return set()
    found = connection.execute(FILES, (exchange_id, symbol)).fetchall()
    return {(path, size, published) for path, size, published in found}
