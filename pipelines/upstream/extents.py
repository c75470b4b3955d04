"""Spans of extents: half-open; of a time in milliseconds since 1970, UTC."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from pipelines.upstream.feed import MINUTE_MS, Extent, Span

HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


def at(ms: int) -> datetime:
    """The time of a stamp."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def to_ms(time: datetime) -> int:
    """The stamp of a time."""
    return int(time.timestamp() * 1000)


def begin_of(extent: Extent) -> str:
    """Where it begins, as a person reads it: a day, or a number."""
    if extent.unit == "number":
        return f"{extent.start:,}"
    return f"{at(extent.start):%Y-%m-%d}"


def without(span: Span, others: Iterable[Span]) -> list[Span]:
    """What of `span` lies in none of `others`, in order."""
    left: list[Span] = []
    at_ms, end_ms = span
    for start, end in sorted(others):
        if start >= end_ms:
            break
        if at_ms < start:
            left.append((at_ms, start))
        at_ms = max(at_ms, end)
    if at_ms < end_ms:
        left.append((at_ms, end_ms))
    return left


def within(spans: Iterable[Span], span: Span) -> list[Span]:
    """The parts of `spans` that lie in `span`, joined where they touch, in order."""
    gaps = without(span, spans)
    return without(span, gaps)


def by_month(spans: Sequence[Span]) -> Iterator[Span]:
    """The spans, cut where a UTC month begins."""
    for start, end in spans:
        at_ms = start
        while at_ms < end:
            turn = min(next_month(at_ms), end)
            yield at_ms, turn
            at_ms = turn


def by_day(spans: Sequence[Span]) -> Iterator[Span]:
    """The spans, cut where a UTC day begins."""
    return by_count(DAY_MS, spans)


def by_count(size: int, spans: Sequence[Span]) -> Iterator[Span]:
    """The spans, cut at every multiple of `size`."""
    for start, end in spans:
        first = start
        while first < end:
            turn = min(first - first % size + size, end)
            yield first, turn
            first = turn


def next_month(ms: int) -> int:
    """Where the next UTC month begins."""
    time = at(ms)
    year, month = divmod(time.year * 12 + time.month, 12)
    return to_ms(datetime(year, month + 1, 1, tzinfo=UTC))
