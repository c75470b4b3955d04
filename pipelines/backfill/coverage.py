"""What bronze holds of a series already, by what finished loads brought."""

from typing import LiteralString

from pipelines import warehouse
from pipelines.backfill.feeds import Feed
from pipelines.backfill.spans import Span

# a span is held where an answer spoke for it, whichever load brought it
CANDLES: LiteralString = """
select lower(span), upper(span)
from unnest((
    select range_agg(int8range(p.answered_from_ms, p.answered_until_ms))
    from bronze_exchange.ohlcv_pages as p
    inner join ops.loads as l
        on p._dlt_load_id = l.load_id and l.schema_name = 'bronze_exchange'
    where p.exchange_id = %s and p.symbol = %s
)) as span
"""
# whole minutes only: a page of trades may end inside of one
TRADES: LiteralString = """
select
    (lower(span) + 59999999999) / 60000000000 * 60000,
    upper(span) / 60000000000 * 60000
from unnest((
    select range_agg(int8range(p.answered_from_ns, p.answered_until_ns))
    from bronze_exchange.trade_pages as p
    inner join ops.loads as l
        on p._dlt_load_id = l.load_id and l.schema_name = 'bronze_exchange'
    where p.exchange_id = %s and p.symbol = %s
)) as span
"""
FILES: LiteralString = """
select distinct f.path, f.bytes_count, f.published_at_ms
from bronze_archive.files as f
inner join ops.loads as l
    on f._dlt_load_id = l.load_id and l.schema_name = 'bronze_archive'
where f.exchange_id = %s and f.symbol = %s and f.status = 'loaded'
"""

FileVersion = tuple[str, int, int]  # path, bytes, when it was published (ms)


def answered(
    connection: warehouse.Connection, feed: Feed, exchange_id: str, symbol: str
) -> list[Span]:
    """The spans of minutes that the venue's REST interface has answered for."""
    query, table = {
        "candles": (CANDLES, "bronze_exchange.ohlcv_pages"),
        "trades": (TRADES, "bronze_exchange.trade_pages"),
        "funding_rates": (None, ""),
    }[feed]
    if query is None or not warehouse.has_table(connection, table):
        return []
    found = connection.execute(query, (exchange_id, symbol)).fetchall()
    return [(start, end) for start, end in found if start < end]


def files(
    connection: warehouse.Connection, exchange_id: str, symbol: str
) -> set[FileVersion]:
    """The versions of the archive's files that are loaded."""
    if not warehouse.has_table(connection, "bronze_archive.files"):
        return set()
    found = connection.execute(FILES, (exchange_id, symbol)).fetchall()
    return {(path, size, published) for path, size, published in found}
