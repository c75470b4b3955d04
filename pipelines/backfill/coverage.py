"""What bronze has of a key, by finished loads."""

from typing import LiteralString

from pipelines import warehouse
from pipelines.sources import feeds, spec_of_feed
from pipelines.upstream.connector import FileVersion
from pipelines.upstream.feed import MINUTE_MS, Key, Span
from pipelines.upstream.pages import Pages

FILES: LiteralString = """
select distinct f.path, f.bytes_count, f.published_at_ms
from bronze_archive.files as f
inner join ops.loads as l
    on f._dlt_load_id = l.load_id and l.schema_name = 'bronze_archive'
where f.exchange_id = %s and f.symbol = %s and f.status = 'loaded'
"""


def answered(connection: warehouse.Connection, key: Key) -> list[Span]:
    """The spans that the upstream has answered for, in the unit of an extent.

    Of a time in whole minutes: a page may end inside of one, which is not whole then.
    """
    axis = feeds()[key.feed].axis
    whole = MINUTE_MS if axis.extent_unit == "ms" else 1
    (one, _) = axis.of_extent((whole, 0))
    spans = [
        (-(-start // one) * whole, end // one * whole)
        for start, end in Pages(
            connection, spec_of_feed(key.feed).bronze, key
        ).answered()
    ]
    return [(start, end) for start, end in spans if start < end]


def files(connection: warehouse.Connection, key: Key) -> set[FileVersion]:
    """The versions of the archive's files of the series that are loaded."""
    if not warehouse.has_table(connection, "bronze_archive.files"):
        return set()
    return set(connection.execute(FILES, key.series).fetchall())
