"""Pages of a venue that sends the newest rows before a stamp, asked for in order.

An answer that is full, and does not reach back to where the page begins, says how
close rows lie: the page is asked for again with a nearer end.
"""

from typing import cast

import polars as pl

from pipelines.sources.exchange.paginators import (
    Position,
    Read,
    Reading,
    Step,
    answered_until,
)
from pipelines.sources.exchange.routes import EndCursor, WalkRoute
from pipelines.sources.exchange.trade_rules import NS_IN_MS
from pipelines.upstream.extents import at
from pipelines.upstream.pages import Gap

FIRST_ID = 1  # of a contract's trades, where a venue counts them


class EndPaginator:
    """Pages by their end, each as wide as one answer can be expected to fill.

    A cursor is the stamp from which on trades are wanted, in nanoseconds. A page that
    is not full has all that the venue still knows, which is not all that there was: it
    speaks from its first trade on.
    """

    def __init__(self, route: WalkRoute, cursor: EndCursor, read: Read) -> None:
        self._cursor, self._read = cursor, read
        self._size = route.page_rows
        self._end = self._until = self._width = 0
        self._crowd = 0  # where more than a page begins that was met ahead

    def start(self, gap: Gap) -> Position:
        """At the cursor, or at the time; the first page is to hold all of it."""
        self._end = gap.end + -gap.end % NS_IN_MS
        is_exact = gap.cursor is not None
        begin = int(gap.cursor) if gap.cursor is not None else gap.start
        self._width = self._end - begin
        return Position(gap.start, begin, is_exact)

    def ask(self, position: Position) -> Reading:
        """The page from the stamp on; its end comes nearer until all of it is sent."""
        while True:
            wide = position.cursor + self._width
            self._until = min(wide + -wide % NS_IN_MS, self._end)
            ended = at(self._until // NS_IN_MS).isoformat(timespec="milliseconds")
            reading = self._read({self._cursor.param: ended.replace("+00:00", "Z")})
            first = _first_stamp(reading)
            if first is None or self._is_whole(reading, position, first):
                return reading
            self._crowd = first
            narrower = (self._until - first) * 3 // 4
            self._width = max(narrower - narrower % NS_IN_MS, NS_IN_MS)

    def step(self, reading: Reading, position: Position, gap: Gap) -> Step:
        """On from the page's end; to the venue's now after the last one."""
        now_ns = answered_until(reading, position, gap)
        is_end = self._until >= min(self._end, now_ns)
        until = now_ns if is_end else self._until
        since = self._since(reading, position, until)
        inside = reading.kept.filter(pl.col("traded_at_ns") >= position.cursor)
        wide = max(self._until - position.cursor, NS_IN_MS)
        self._width = wide * self._size * 3 // 4 // max(inside.height, 1)
        if self._until < self._crowd:
            self._width = min(self._width, self._crowd - self._until)
        newest = cast("int | None", inside["traded_at_ns"].max())
        after = position.cursor if newest is None else newest + 1
        return Step(until, after if is_end else self._until, is_end, since)

    def _is_whole(self, reading: Reading, position: Position, first: int) -> bool:
        """Whether the page has all from the stamp on, or can not be asked for less."""
        is_full = reading.sent_count >= self._size
        is_least = self._width <= NS_IN_MS
        return not is_full or is_least or first < position.cursor

    def _since(self, reading: Reading, position: Position, until: int) -> int:
        first = _first_stamp(reading)
        if first is None:
            return until
        if first < position.cursor or reading.kept["trade_id"].min() == FIRST_ID:
            return position.from_ns
        return until if reading.sent_count >= self._size else min(first, until)


def _first_stamp(reading: Reading) -> int | None:
    """The earliest of the page that can be read."""
    stamps = [frame["traded_at_ns"].min() for frame in (reading.kept, reading.refused)]
    return min((cast("int", ns) for ns in stamps if ns is not None), default=None)
