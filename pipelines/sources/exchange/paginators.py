"""How a venue's rows are paged by its own cursor: from where, and to where.

Three shapes serve all venues. By id: a page begins at an id, and the first id of a time
is looked up. By time: a page begins after a stamp, and its answer says where the next
one does. By its end (`page_ends`): a page is the newest before a stamp. A paginator
that goes on from a cursor keeps all that follows it, whatever its stamp; one that
begins at a time leaves out what lies before.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import polars as pl

from pipelines.sources.exchange.page import Page
from pipelines.sources.exchange.routes import IdCursor, TimeCursor, WalkRoute
from pipelines.sources.exchange.trade_rules import NS_IN_MS
from pipelines.upstream.pages import Gap

# A row's stamp is rounded (to a tenth of a microsecond on Kraken, once to a tenth of a
# millisecond: https://github.com/ccxt/ccxt/issues/4617), the cursor is not
ROUNDED_NS = NS_IN_MS


@dataclass(frozen=True)
class Reading:
    """An answer's trades.

    Attributes:
        kept: the good ones by id, each once.
        refused: `row`, `trade_id`, `traded_at_ns`, `reason` of the broken ones.
    """

    page: Page
    kept: pl.DataFrame
    refused: pl.DataFrame

    @property
    def sent_count(self) -> int:
        """How many rows came."""
        return self.page.sent_count

    @property
    def is_unbroken(self) -> bool:
        """Whether every id between the first and the last came, and nothing else."""
        ids = self.kept["trade_id"]
        if self.page.malformed or self.refused.height or ids.is_empty():
            return False
        return bool(ids[-1] - ids[0] + 1 == len(ids))


Read = Callable[[dict[str, Any]], Reading]


@dataclass(frozen=True)
class Position:
    """Where a page begins; `is_exact`: at a cursor, so that no stamp is too early."""

    from_ns: int
    cursor: int
    is_exact: bool


@dataclass(frozen=True)
class Step:
    """How far a page speaks, and where to go on; None: the stamp says it all.

    `since_ns`: from when on it does; None: from where it begins.
    """

    until_ns: int
    cursor: int | None
    is_end: bool
    since_ns: int | None = None


class Paginator(Protocol):
    """One series' pages."""

    def start(self, gap: Gap) -> Position:
        """Where the gap's first page begins."""
        ...

    def ask(self, position: Position) -> Reading:
        """The page that begins there."""
        ...

    def step(self, reading: Reading, position: Position, gap: Gap) -> Step:
        """What the page says, and where the next one begins."""
        ...


class IdPaginator:
    """Pages by id, forward in time whichever way the venue lists them."""

    def __init__(self, route: WalkRoute, cursor: IdCursor, read: Read) -> None:
        self._route, self._cursor, self._read = route, cursor, read
        self._size = route.page_rows
        self._newest: int | None = None  # id, when the paging began

    def start(self, gap: Gap) -> Position:
        """At the cursor, or at or a little before the first trade of the time."""
        first_in_time = self._by_time(gap.start) if gap.cursor is None else None
        if self._cursor.is_backward or (gap.cursor is None and first_in_time is None):
            newest = self._trade(self._cursor.newest)
            self._newest = newest[0] if newest else None
        if gap.cursor is not None:
            return Position(gap.start, int(gap.cursor), is_exact=True)
        if first_in_time is not None:
            first = self._first_id(gap.start, first_in_time[0], leap=1)
        elif newest is None or newest[1] < gap.start:
            first = newest[0] + 1 if newest else 0
        else:
            first = self._first_id(gap.start, newest[0], leap=self._size)
        return Position(gap.start, first, is_exact=False)

    def ask(self, position: Position) -> Reading:
        """The page from the id on; the venue may send what lies before it as well."""
        at = position.cursor + (self._size if self._cursor.is_backward else 0)
        return self._read({self._cursor.param: at, **_limit(self._route, self._size)})

    def step(self, reading: Reading, position: Position, gap: Gap) -> Step:
        """On after the highest id; to the venue's now where there is none higher."""
        rows = reading.kept.select("trade_id", "traded_at_ns").vstack(
            reading.refused.select("trade_id", "traded_at_ns").drop_nulls()
        )
        ids = {i: ns for i, ns in rows.iter_rows() if i >= position.cursor}
        top = max(ids, default=position.cursor - 1)
        reached_ns = max(ids.get(top, 0), position.from_ns)
        if top in ids and ids[top] >= gap.end:
            beyond = min(i for i, ns in ids.items() if ns >= gap.end)
            return Step(gap.end, beyond, is_end=True)
        if self._cursor.is_backward:
            return self._step_in_range(reading, position, gap, top, reached_ns)
        if top in ids and not _is_short(reading, self._size):
            return Step(reached_ns, top + 1, is_end=False)
        if top not in ids and reading.sent_count:  # nothing that can be read
            return Step(position.from_ns, position.cursor, is_end=True)
        return Step(answered_until(reading, position, gap), top + 1, is_end=True)

    def _step_in_range(
        self,
        reading: Reading,
        position: Position,
        gap: Gap,
        top: int,
        reached_ns: int,
    ) -> Step:
        """A backward page speaks for a range of ids, whatever it has of them."""
        range_end = position.cursor + self._size
        if self._newest is not None and range_end <= self._newest:
            return Step(reached_ns, range_end, is_end=False)
        if top == range_end - 1:
            return Step(reached_ns, range_end, is_end=True)
        return Step(answered_until(reading, position, gap), top + 1, is_end=True)

    def _first_id(self, from_ns: int, high: int, leap: int) -> int:
        """An id below which no trade is of the time; at most a page too low.

        `high` is of the time. Steps back from it double until one is before the time;
        then what lies between is halved.
        """
        low = max(high - leap, 0)
        while low > 0 and not self._is_before(low, from_ns):
            leap = max(leap * 2, self._size)
            high, low = low, max(low - leap, 0)
        while high - low > self._size:
            middle = (low + high) // 2
            if self._is_before(middle, from_ns):
                low = middle
            else:
                high = middle
        return low

    def _by_time(self, from_ns: int) -> tuple[int, int] | None:
        if self._cursor.since_param is None:
            return None
        return self._trade({self._cursor.since_param: from_ns // NS_IN_MS})

    def _is_before(self, trade_id: int, from_ns: int) -> bool:
        """Whether every trade up to this id is older."""
        is_backward = self._cursor.is_backward
        trade = self._trade({self._cursor.param: trade_id + is_backward})
        return is_backward if trade is None else trade[1] < from_ns

    def _trade(self, params: Mapping[str, Any]) -> tuple[int, int] | None:
        """Id and stamp of the one trade that is asked for."""
        kept = self._read({**params, **_limit(self._route, 1)}).kept
        trades = kept.select("trade_id", "traded_at_ns").rows()
        return trades[-1] if trades else None


class TimePaginator:
    """Pages by the venue's own stamp, exclusive, in nanoseconds.

    Each page begins a nanosecond early: trades that share the last one's stamp may
    have been cut off. What a page before it had is left out.
    """

    def __init__(self, route: WalkRoute, cursor: TimeCursor, read: Read) -> None:
        self._route, self._cursor, self._read = route, cursor, read
        self._size = route.page_rows

    def start(self, gap: Gap) -> Position:
        """At the cursor, or before all whose stamps may be rounded up to the time."""
        if gap.cursor is not None:
            return Position(gap.start, int(gap.cursor), is_exact=True)
        after_ns = max(gap.start - 1 - ROUNDED_NS, 0)
        return Position(gap.start, after_ns, is_exact=False)

    def ask(self, position: Position) -> Reading:
        """The page after the stamp."""
        limit = _limit(self._route, self._size)
        return self._read({self._cursor.param: position.cursor, **limit})

    def step(self, reading: Reading, position: Position, gap: Gap) -> Step:
        """On from the answer's own stamp; to the venue's now after a short page."""
        last = int(reading.page.last or position.cursor)
        if last >= gap.end + ROUNDED_NS:
            return Step(gap.end, None, is_end=True)
        if not reading.sent_count or _is_short(reading, self._size):
            after = last if reading.sent_count else position.cursor
            return Step(answered_until(reading, position, gap), after, is_end=True)
        if last <= position.cursor:  # it does not advance
            return Step(position.from_ns, position.cursor, is_end=True)
        reached_ns = min(max(last, position.from_ns), gap.end)
        after = last - 1 if last - 1 > position.cursor else last
        return Step(reached_ns, after, is_end=False)


def _limit(route: WalkRoute, rows: int) -> dict[str, int]:
    return {route.limit_param: rows} if route.limit_param else {}


def _is_short(reading: Reading, size: int) -> bool:
    """Whether it is the venue's last page: not full, and nothing of it is missing."""
    return reading.sent_count < size and reading.is_unbroken


def answered_until(reading: Reading, position: Position, gap: Gap) -> int:
    """The end of the gap, or the venue's now where that is not over."""
    now_ns = reading.page.answer.venue_now_ms * NS_IN_MS
    return max(position.from_ns, min(gap.end, now_ns))
