"""What is still to ask of a series' trades: its cursor is what bronze holds."""

from pathlib import Path
from typing import LiteralString

import psycopg

from pipelines.sources.exchange.answered import Span
from pipelines.sources.exchange.candles import Series
from pipelines.sources.exchange.trade_walks import Hole
from pipelines.warehouse import Connection, has_table

NEEDS = Path(__file__).with_name("trade_needs.sql").read_bytes()
HELD_UNTIL: LiteralString = """
select p.answered_until_ns from bronze_exchange.trade_pages as p
where p.exchange_id = %s and p.symbol = %s
    and p.answered_from_ns < p.answered_until_ns
    and exists (
        select from ops.loads as l
        where l.schema_name = 'bronze_exchange' and l.load_id = p._dlt_load_id
    )
order by p.answered_until_ns desc limit 1
"""


def trade_needs(
    connection: Connection, series: Series, wanted: Span, *, holes: int
) -> list[Hole]:
    """The parts of `wanted`, nanoseconds, to ask for, oldest first.

    What no answer spoke for, and at most `holes` spans of refused rows, newest first.
    Each begins where a finished load left off, if one ended there.
    """
    if wanted[0] >= wanted[1]:
        return []
    if not has_table(connection, "bronze_exchange.trade_pages"):
        return [Hole(*wanted)]
    known = (series.exchange_id, series.symbol, *wanted, holes)
    with psycopg.RawCursor(connection) as cursor:
        return [Hole(*row) for row in cursor.execute(NEEDS, known).fetchall()]


def trades_held_until_ns(connection: Connection, series: Series) -> int | None:
    """The end of what the venue has answered for; None: nothing is held."""
    if not has_table(connection, "bronze_exchange.trade_pages"):
        return None
    row = connection.execute(HELD_UNTIL, (series.exchange_id, series.symbol)).fetchone()
    return row[0] if row else None
