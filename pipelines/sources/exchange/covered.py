"""Which spans one answer speaks for: rows of `pages`."""

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from pipelines.sources.exchange.paginators import Position, Reading, Step
from pipelines.upstream.extents import within, without
from pipelines.upstream.feed import Span


@dataclass(frozen=True)
class Stamps:
    """The stamps of one answer's rows, inside and outside of what was asked.

    `is_placed` is false when a row was refused whose stamp can not be read.
    """

    kept: Collection[int]
    refused: Collection[int] = ()
    is_placed: bool = True


def spans_answered(
    asked: Span, sent: Stamps, venue_now_ms: int, window: int | None, step: int
) -> list[Span]:
    """The spans that an answer speaks for; a row covers a `step` from its stamp on.

    The first begins where the answer does, empty if that step is not answered for:
    what was asked for before it lies beyond the venue's window.

    A step counts when it has ended by the venue's clock and lies in what the venue's
    `window` of rows let it send. Stamps of refused rows are cut out; where one can not
    be placed, only steps with a good row count.
    """
    end = min(asked[1], venue_now_ms - venue_now_ms % step)
    start = max(asked[0], _window_start(sent, window) or asked[0])
    start = min(start, asked[1])
    kept = set(sent.kept)
    if sent.is_placed:
        refused = [m for m in sent.refused if m not in kept and start <= m < end]
        spans = without((start, end), [(m, m + step) for m in refused])
    else:
        rows = [(m, m + step) for m in kept if start <= m < end]
        spans = within(rows, (start, end + step))
    return spans if spans and spans[0][0] == start else [(start, start), *spans]


def _window_start(sent: Stamps, window: int | None) -> int | None:
    """The first stamp sent by a venue that sent a whole window; None: it did not.

    More than a window shows that none is in force; one more is the forming row.
    """
    if window is None:
        return None
    stamps = {*sent.kept, *sent.refused}
    return min(stamps) if len(stamps) in (window, window + 1) else None


@dataclass(frozen=True)
class CoveredSpan:
    """A span that one answer covers whole, half-open, and where to go on after it.

    `next_cursor` None: by the time alone.
    """

    from_ns: int
    until_ns: int
    next_cursor: str | None


def covered_spans(
    reading: Reading, position: Position, step: Step, *, has_ids: bool
) -> list[CoveredSpan]:
    """The spans that a page speaks for; the first and the last bound what it does.

    Stamps of refused rows are cut out, so that they are asked for again; where one can
    not be placed, the page speaks for nothing.
    """
    begun = str(position.cursor) if position.is_exact else None
    then = None if step.cursor is None else str(step.cursor)
    start, end = position.from_ns, step.until_ns
    refused = reading.refused.filter(
        ~pl.col("trade_id").is_in(reading.kept["trade_id"].implode())
        | pl.col("trade_id").is_null()
    )
    if has_ids:
        refused = refused.filter(
            pl.col("trade_id").is_null() | (pl.col("trade_id") >= position.cursor)
        )
    if reading.page.malformed or refused["traded_at_ns"].null_count():
        return [CoveredSpan(start, start, begun), CoveredSpan(end, end, then)]
    if step.since_ns is not None:
        start = max(start, step.since_ns)
    spans: list[CoveredSpan] = []
    for stamp, trade_id in _cuts(refused, start, end):
        cursor = str(trade_id) if has_ids and trade_id is not None else None
        spans.append(CoveredSpan(start, stamp, cursor))
        start = stamp + 1
    return [*spans, CoveredSpan(start, end, then)]


def _cuts(refused: pl.DataFrame, start: int, end: int) -> list[tuple[int, int | None]]:
    """Stamps to leave out, each with the lowest id that has it."""
    inside = refused.filter(
        (pl.col("traded_at_ns") >= start) & (pl.col("traded_at_ns") < end)
    )
    grouped = inside.group_by("traded_at_ns").agg(pl.col("trade_id").min())
    return sorted(grouped.iter_rows())
