"""What a venue is to the server, and what the venues share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from pipelines.sandbox.answers import Answer
from pipelines.sandbox.clock import Clock
from pipelines.sandbox.feed import Series, merged
from pipelines.sandbox.market import DAY_MS, MINUTE_MS, Instrument
from pipelines.sandbox.pages import Pages, Render
from pipelines.sandbox.view import View

Params = Mapping[str, str]


class Venue(Protocol):
    """What the server asks of a venue."""

    @property
    def exchange_id(self) -> str:
        """The warehouse's name of the venue."""

    def answer(self, path: str, params: Params) -> Answer:
        """The venue's answer to a GET.

        Raises:
            RefusedError: the venue's own error body.
        """

    def weight(self, path: str, params: Params) -> float:
        """What the request costs of the venue's limit."""

    def too_many(self, retry_after_s: int, *, is_banned: bool) -> Answer:
        """The body and status above the limit."""


class Instruments:
    """A venue's instruments by unified symbol: what it shows of each, and its pages."""

    def __init__(
        self,
        series: Mapping[str, Series],
        clock: Clock,
        render: Callable[[Instrument], Render],
        *,
        fills: bool,
    ) -> None:
        self.views = {
            symbol: View(one, clock, fills=fills) for symbol, one in series.items()
        }
        self.pages = {
            symbol: Pages(view, clock, render(view.instrument))
            for symbol, view in self.views.items()
        }


@dataclass(frozen=True)
class DayStatistics:
    """The last 24 hours of an instrument; None: no trade, or not known."""

    open: int | None
    high: int | None
    low: int | None
    last: int | None
    volume: int
    quote_volume: int | None
    vwap: int | None
    trades_count: int | None


def recorded_book(view: View, now_ms: int) -> Answer | None:
    """The book that was recorded by now; None: none was."""
    body = view.series.book_at(now_ms)
    return None if body is None else Answer(200, body)


def last_day(view: View, now_ms: int, since_ms: int | None = None) -> DayStatistics:
    """The 24 hours up to now, or what passed since an instant, by whole minutes."""
    since = (now_ms - DAY_MS) // MINUTE_MS * MINUTE_MS + MINUTE_MS
    if since_ms is not None:
        since = since_ms
    parts = list(view.minutes(since, now_ms + 1))
    if not parts:
        return DayStatistics(None, None, None, None, 0, 0, 0, 0)
    day = merged(since, parts)
    return DayStatistics(
        day.open,
        day.high,
        day.low,
        day.close,
        day.base_volume,
        day.quote_volume,
        day.vwap,
        day.trades_count,
    )
