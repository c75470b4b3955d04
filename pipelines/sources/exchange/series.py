"""What is still to ask of a series: its cursor is what bronze holds."""

from collections.abc import Sequence
from pathlib import Path
from typing import LiteralString

import psycopg

from pipelines.sources.exchange.answered import Span
from pipelines.sources.exchange.candles import TIMEFRAME, Series
from pipelines.sources.exchange.routes import MINUTE_MS, CandleRoute
from pipelines.warehouse import Connection, has_table

NEEDS = Path(__file__).with_name("needs.sql").read_bytes()
HELD_UNTIL: LiteralString = """
select p.answered_until_ms from bronze_exchange.ohlcv_pages as p
where p.exchange_id = %s and p.symbol = %s and p.timeframe = %s
    and p.answered_from_ms < p.answered_until_ms
    and exists (
        select from ops.loads as l
        where l.schema_name = 'bronze_exchange' and l.load_id = p._dlt_load_id
    )
order by p.answered_until_ms desc limit 1
"""


def needs(
    connection: Connection,
    series: Series,
    route: CandleRoute,
    wanted: Span,
    *,
    reread_candles: int,
    holes: int,
) -> list[Span]:
    """The spans of `wanted` to ask for, oldest first.

    Minutes that no answer spoke for and that lie in the venue's window, the last
    `reread_candles` of those that are held, and at most `holes` spans of minutes whose
    rows were refused, newest first. A route whose answers always run to the venue's
    now is asked once, from the oldest of them.
    """
    if wanted[0] >= wanted[1]:
        return []
    if not has_table(connection, "bronze_exchange.ohlcv_pages"):
        return [wanted]
    with psycopg.RawCursor(connection) as cursor:
        found = cursor.execute(
            NEEDS,
            (
                series.exchange_id,
                series.symbol,
                TIMEFRAME,
                *wanted,
                reread_candles * MINUTE_MS,
                route.window_candles is not None,
                holes,
            ),
        ).fetchall()
    return _joined(found, is_one=route.until is None)


def held_until_ms(connection: Connection, series: Series) -> int | None:
    """The end of what the venue has answered for; None: nothing is held."""
    if not has_table(connection, "bronze_exchange.ohlcv_pages"):
        return None
    row = connection.execute(
        HELD_UNTIL, (series.exchange_id, series.symbol, TIMEFRAME)
    ).fetchone()
    return row[0] if row else None


def _joined(spans: Sequence[tuple[int, int]], *, is_one: bool) -> list[Span]:
    """Spans that touch as one; `is_one`: all as one."""
    joined: list[Span] = []
    for start, end in spans:
        if joined and (is_one or start <= joined[-1][1]):
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
