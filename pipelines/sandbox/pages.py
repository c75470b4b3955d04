"""Rendered days of candles: a page of an answer is a cut of bytes, not a loop.

A day of one-minute candles is rendered once, as it will stand when it is over, and
kept; a page joins at most a few cuts and the forming minute.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import lru_cache

from pipelines.sandbox.clock import Clock
from pipelines.sandbox.market import DAY_MS, MINUTE_MS, Candle
from pipelines.sandbox.view import View

# About 200 KB a day of Binance's rows; at most this many days stay: some 200 MB.
KEPT_DAYS = 1024

Render = Callable[[Candle], str]


class RenderedDay:
    """A day's rows as one text and where each row starts in it."""

    def __init__(self, candles: Sequence[Candle], render: Render) -> None:
        self.opened = [candle.opened_at_ms for candle in candles]
        rows = [render(candle).encode() for candle in candles]
        self._text = b",".join(rows)
        starts = array("I", [0])
        for row in rows:
            starts.append(starts[-1] + len(row) + 1)
        self._starts = starts

    def cut(self, first: int, last: int) -> bytes:
        """Rows `first` up to, not including, `last`, with commas between them."""
        return self._text[self._starts[first] : self._starts[last] - 1]


class Pages:
    """One-minute candles of one instrument, rendered in a venue's own way."""

    def __init__(self, view: View, clock: Clock, render: Render) -> None:
        self._view = view
        self._clock = clock
        self._render = render

    def day(self, number: int) -> RenderedDay:
        """A whole day, final, from those kept or rendered anew."""
        return _kept(self, number, self._view.series.version)

    def rendered(self, day: int) -> RenderedDay:
        """A whole day, final, rendered anew and not kept."""
        return RenderedDay(self._view.final_day(day), self._render)

    def forwards(self, since_ms: int, until_ms: int, limit: int) -> list[bytes]:
        """The first `limit` rows opened in [since, until), as cuts in order."""
        since, until, forming_at = self._bounds(since_ms, until_ms)
        cuts: list[bytes] = []
        for day in range(since // DAY_MS, -(-until // DAY_MS)):
            limit -= self._cut(cuts, day, since, until, limit)
            if limit <= 0:
                return cuts
        return cuts + self._forming(forming_at)

    def _cut(
        self, cuts: list[bytes], day: int, since: int, until: int, limit: int
    ) -> int:
        of_day = self.day(day)
        low = bisect_left(of_day.opened, since)
        high = min(bisect_left(of_day.opened, until), low + limit)
        if low < high:
            cuts.append(of_day.cut(low, high))
        return max(high - low, 0)

    def backwards(self, since_ms: int, until_ms: int, limit: int) -> list[bytes]:
        """The last `limit` rows opened in [since, until), as cuts in order."""
        since, until, forming_at = self._bounds(since_ms, until_ms)
        cuts = self._forming(forming_at)
        limit -= len(cuts)
        for day in range((until - 1) // DAY_MS, since // DAY_MS - 1, -1):
            if limit <= 0:
                break
            of_day = self.day(day)
            high = bisect_left(of_day.opened, until)
            low = max(bisect_left(of_day.opened, since), high - limit)
            if low < high:
                cuts.insert(0, of_day.cut(low, high))
                limit -= high - low
        return cuts

    def _bounds(self, since_ms: int, until_ms: int) -> tuple[int, int, int | None]:
        """The span of final minutes that are shown; now, if the forming one is, too."""
        now = self._clock.now_ms()
        current = now // MINUTE_MS * MINUTE_MS
        first = self._view.series.first_opened_at_ms // MINUTE_MS * MINUTE_MS
        since = max(since_ms, first)
        return (
            since,
            min(until_ms, current),
            now if since <= current < until_ms else None,
        )

    def _forming(self, now_ms: int | None) -> list[bytes]:
        row = None if now_ms is None else self._view.forming(now_ms)
        return [] if row is None else [self._render(row).encode()]


@lru_cache(maxsize=KEPT_DAYS)
def _kept(pages: Pages, day: int, _version: int) -> RenderedDay:
    return pages.rendered(day)
