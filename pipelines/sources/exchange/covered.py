"""Which spans of time one page of a walk feed speaks for: rows of `pages`."""

from dataclasses import dataclass

import polars as pl

from pipelines.sources.exchange.paginators import Position, Reading, Step


@dataclass(frozen=True)
class CoveredSpan:
    """A span that one answer tells of whole, half-open, and where to go on after it.

    `next_cursor` None: by the time alone.
    """

    from_ns: int
    until_ns: int
    next_cursor: str | None


def covered_spans(
    reading: Reading, position: Position, step: Step, *, has_ids: bool
) -> list[CoveredSpan]:
    """The spans that a page speaks for; the first and the last bound it.

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
    found: list[CoveredSpan] = []
    for stamp, trade_id in _cuts(refused, start, end):
        cursor = str(trade_id) if has_ids and trade_id is not None else None
        found.append(CoveredSpan(start, stamp, cursor))
        start = stamp + 1
    return [*found, CoveredSpan(start, end, then)]


def _cuts(refused: pl.DataFrame, start: int, end: int) -> list[tuple[int, int | None]]:
    """Stamps to leave out, each with the lowest id that has it."""
    inside = refused.filter(
        (pl.col("traded_at_ns") >= start) & (pl.col("traded_at_ns") < end)
    )
    grouped = inside.group_by("traded_at_ns").agg(pl.col("trade_id").min())
    return sorted(grouped.iter_rows())
