"""Which minutes one answer speaks for: a row of `ohlcv_pages` each span."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from pipelines.sources.exchange.routes import MINUTE_MS

Span = tuple[int, int]  # milliseconds, half-open


@dataclass(frozen=True)
class Minutes:
    """The minutes of one answer's rows, inside and outside of what was asked.

    `is_placed` is false when a row was refused whose minute can not be told.
    """

    kept: Collection[int]
    refused: Collection[int] = ()
    is_placed: bool = True


def spans_answered(
    asked: Span, minutes: Minutes, venue_now_ms: int, window_candles: int | None
) -> list[Span]:
    """The spans of minutes that an answer speaks for.

    The first begins where the answer does, empty if that minute is not answered for:
    what was asked for before it lies beyond the venue's window.

    A minute counts when it has ended by the venue's clock and lies in what the venue's
    window let it send. Minutes of refused rows are cut out; where one can not be
    placed, only minutes with a good row count.
    """
    end = min(asked[1], venue_now_ms - venue_now_ms % MINUTE_MS)
    start = max(asked[0], _window_start(minutes, window_candles) or asked[0])
    start = min(start, asked[1])
    kept = set(minutes.kept)
    if minutes.is_placed:
        holes = sorted(m for m in minutes.refused if m not in kept and start <= m < end)
        spans = list(_between(start, end, holes))
    else:
        spans = list(_runs(sorted(m for m in kept if start <= m < end)))
    return spans if spans and spans[0][0] == start else [(start, start), *spans]


def _window_start(minutes: Minutes, window_candles: int | None) -> int | None:
    """The first minute sent by a venue that sent a whole window; None: it did not.

    More than a window shows that none is in force; one more is the forming candle.
    """
    if window_candles is None:
        return None
    sent = {*minutes.kept, *minutes.refused}
    return min(sent) if len(sent) in (window_candles, window_candles + 1) else None


def _between(start: int, end: int, holes: Sequence[int]) -> Iterator[Span]:
    at = start
    for hole in (*holes, end):
        if hole > at:
            yield at, hole
        at = hole + MINUTE_MS


def _runs(minutes: Sequence[int]) -> Iterator[Span]:
    first = last = None
    for minute in minutes:
        if first is None or last is None or minute != last + MINUTE_MS:
            if first is not None and last is not None:
                yield first, last + MINUTE_MS
            first = minute
        last = minute
    if first is not None and last is not None:
        yield first, last + MINUTE_MS
