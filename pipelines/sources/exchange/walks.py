"""Rows of a walk feed, from answers to bronze.

Tables: the feed's own, `pages` (a span that one answer speaks for), `quarantine` (a
row that was refused).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import polars as pl

from pipelines.bronze.delivery import Rows
from pipelines.sources.exchange.client import VenueClient
from pipelines.sources.exchange.covered import CoveredSpan, covered_spans
from pipelines.sources.exchange.page_ends import EndPaginator
from pipelines.sources.exchange.paginators import (
    IdPaginator,
    Paginator,
    Position,
    Read,
    Reading,
    Step,
    TimePaginator,
)
from pipelines.sources.exchange.routes import (
    EndCursor,
    IdCursor,
    TimeCursor,
    WalkRoute,
)
from pipelines.sources.exchange.series import Series, in_files, provenance
from pipelines.sources.exchange.trade_rules import NS_IN_MS, check_trades
from pipelines.upstream.feed import MINUTE_MS, Feed
from pipelines.upstream.pages import Gap
from pipelines.upstream.progress import NO_PROGRESS, Progress
from pipelines.upstream.request_log import RequestLog

MINUTE_NS = MINUTE_MS * NS_IN_MS
NEVER_NS = 2**63 - 1
SINGLE = ("first_trade_id", "last_trade_id")  # of a single trade: its own id


@dataclass(frozen=True)
class WalkPage:
    """One answer's part of a gap."""

    position: Position
    reading: Reading
    kept: pl.DataFrame
    spans: list[CoveredSpan]


@dataclass(frozen=True)
class WalkReader:
    """Pages through a series' feed by the venue's cursor."""

    client: VenueClient
    feed: Feed
    route: WalkRoute
    series: Series

    def rows(
        self, gaps: Sequence[Gap], log: RequestLog, progress: Progress = NO_PROGRESS
    ) -> Iterator[Rows]:
        """Ask for `gaps`; yields what came, in frames of about `ROWS_A_FILE` rows.

        Raises:
            UpstreamError: the venue gave up; what came before has been yielded.
            BadDataError: the venue does not know the instrument.
        """
        progress.planned(sum(_minutes(gap.start, gap.end) for gap in gaps))

        def answered(page: WalkPage) -> int:
            minutes = _minutes(page.position.from_ns, page.spans[-1].until_ns)
            progress.answered(minutes, page.kept.height)
            return page.kept.height

        pages = (page for gap in gaps for page in self._pages(gap, log))
        return in_files(pages, self._rows, answered)

    @property
    def _has_ids(self) -> bool:
        """Whether a page begins at an id."""
        return isinstance(self.route.cursor, IdCursor)

    def _pages(self, gap: Gap, log: RequestLog) -> Iterator[WalkPage]:
        """The gap's pages; a trade that the page before had is left out."""
        paginator = paginator_of(self.route, lambda params: self._read(params, log))
        position: Position | None = paginator.start(gap)
        before = pl.Series("trade_id", [], pl.Int64)
        while position is not None:
            reading = paginator.ask(position)
            step = paginator.step(reading, position, gap)
            kept = self._inside(reading.kept, position, gap)
            yield WalkPage(
                position,
                reading,
                kept.filter(~pl.col("trade_id").is_in(before.implode())),
                covered_spans(reading, position, step, has_ids=self._has_ids),
            )
            before = kept["trade_id"]
            position = _next(position, step, gap)

    def _read(self, params: dict[str, Any], log: RequestLog) -> Reading:
        route, series = self.route, self.series
        last = route.cursor.last if isinstance(route.cursor, TimeCursor) else None
        page = series.ask(self.client, route, params, log, last)
        none = pl.lit(None, pl.String)
        frame = page.frame.with_columns(
            *(pl.col("trade_id").alias(n) for n in SINGLE if n not in route.layout),
            *(none.alias(n) for n in ("order_type",) if n not in route.layout),
        )
        now_ms = page.answer.venue_now_ms
        checked = check_trades(frame, str(series), route.stamp, now_ms)
        return Reading(page, checked.kept, checked.refused)

    def _inside(self, kept: pl.DataFrame, position: Position, gap: Gap) -> pl.DataFrame:
        """What was asked for: a page may hold what lies before, and beyond the gap."""
        inside = kept.filter(pl.col("traded_at_ns") < gap.end)
        if self._has_ids:
            inside = inside.filter(pl.col("trade_id") >= position.cursor)
        if isinstance(self.route.cursor, EndCursor):
            inside = inside.filter(pl.col("traded_at_ns") >= position.cursor)
        if position.is_exact:
            return inside
        return inside.filter(pl.col("traded_at_ns") >= gap.start)

    def _rows(self, pages: Sequence[WalkPage]) -> Iterator[Rows]:
        """The rows of bronze that these pages make."""
        kept = [
            p.kept.with_columns(provenance(p.reading.page))
            for p in pages
            if p.kept.height
        ]
        if kept:
            is_aggregate = pl.lit(self.route.is_aggregate)
            frame = pl.concat(kept).with_columns(is_aggregate=is_aggregate)
            yield self.series.rows(self.feed.table, frame)
        spans = [self._spans(page) for page in pages]
        if spans:
            yield self.series.pages(self.feed, pl.concat(spans))
        yield from self.series.quarantine(
            self.feed,
            [
                (p.reading.page, p.reading.refused.select("row", "reason").iter_rows())
                for p in pages
            ],
        )

    def _spans(self, page: WalkPage) -> pl.DataFrame:
        rows: list[dict[str, object]] = []
        cursor = str(page.position.cursor) if self._has_ids else None
        # a row before the first span, or after the last one, is counted there
        edges = [0, *(span.from_ns for span in page.spans[1:]), NEVER_NS]
        for span, (start, end) in zip(page.spans, pairwise(edges), strict=True):
            stamp = pl.col("traded_at_ns")
            of_span = page.kept.filter((stamp >= start) & (stamp < end))
            rows.append(
                {
                    "asked_from": page.position.from_ns,
                    "asked_until": page.spans[-1].until_ns,
                    "asked_cursor": cursor,
                    "answered_from": span.from_ns,
                    "answered_until": span.until_ns,
                    "first_id": of_span["first_trade_id"].min(),
                    "last_id": of_span["last_trade_id"].max(),
                    "next_cursor": span.next_cursor,
                    "rows_count": of_span.height,
                }
            )
        texts = {"asked_cursor": pl.String, "next_cursor": pl.String}
        schema: dict[str, Any] = dict.fromkeys(rows[0], pl.Int64) | texts
        frame = pl.DataFrame(rows, schema=schema)
        return frame.with_columns(provenance(page.reading.page))


def paginator_of(route: WalkRoute, read: Read) -> Paginator:
    """The paginator of the route's kind of cursor."""
    if isinstance(route.cursor, IdCursor):
        return IdPaginator(route, route.cursor, read)
    if isinstance(route.cursor, EndCursor):
        return EndPaginator(route, route.cursor, read)
    return TimePaginator(route, route.cursor, read)


def _minutes(from_ns: int, until_ns: int) -> int:
    """Minutes of the span; of spans that touch they sum to those of the whole."""
    return until_ns // MINUTE_NS - from_ns // MINUTE_NS


def _next(position: Position, step: Step, gap: Gap) -> Position | None:
    if step.is_end or step.cursor is None:
        return None
    is_exact = position.is_exact or step.until_ns > gap.start
    return Position(step.until_ns, step.cursor, is_exact)
