"""Rows of a span feed, from answers to bronze.

Tables: the feed's own, `pages` (a span that one answer speaks for), `quarantine` (a
row that was refused). A page asks for no more than the venue sends in one answer, so
each span is asked for once whatever comes back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import polars as pl

from pipelines.bronze.delivery import Rows
from pipelines.sources.exchange.client import VenueClient
from pipelines.sources.exchange.covered import Stamps, spans_answered
from pipelines.sources.exchange.page import Page
from pipelines.sources.exchange.routes import SpanRoute, TimeParam
from pipelines.sources.exchange.rules import check
from pipelines.sources.exchange.series import PROVENANCE, Series, in_files
from pipelines.upstream.checks import Checked
from pipelines.upstream.feed import MINUTE_MS, Feed, Span
from pipelines.upstream.pages import Gap
from pipelines.upstream.progress import NO_PROGRESS, Progress
from pipelines.upstream.request_log import RequestLog


@dataclass(frozen=True)
class SpanPage:
    """One answer about the span that was asked for."""

    asked: Span
    page: Page


@dataclass(frozen=True)
class SpanReader:
    """Asks a venue for spans of a series' feed."""

    client: VenueClient
    feed: Feed
    route: SpanRoute
    series: Series

    def rows(
        self, gaps: Sequence[Gap], log: RequestLog, progress: Progress = NO_PROGRESS
    ) -> Iterator[Rows]:
        """Ask for `gaps`; yields what came, in frames of about `ROWS_A_FILE` rows.

        Raises:
            UpstreamError: the venue gave up; what came before has been yielded.
            BadDataError: the venue does not know the instrument.
        """
        spans = joined(gaps, is_one=self.route.until is None)
        progress.planned(sum(end - start for start, end in spans) // MINUTE_MS)

        def answered(one: SpanPage) -> int:
            count = one.page.frame.height
            progress.answered((one.asked[1] - one.asked[0]) // MINUTE_MS, count)
            return count

        pages = (self._ask(span, log) for span in self._pages(spans))
        rows = partial(rows_of, self.feed, self.route, self.series)
        return in_files(pages, rows, answered)

    def _pages(self, spans: Sequence[Span]) -> Iterator[Span]:
        steps = self.route.page_steps
        for start, end in spans:
            size = steps * self.feed.axis.step if steps else end - start
            for at in range(start, end, size):
                yield at, min(at + size, end)

    def _ask(self, span: Span, log: RequestLog) -> SpanPage:
        route = self.route
        if route.older:
            route = route.of_age(self.client.venue_now_ms(log) - span[0])
        params: dict[str, Any] = {}
        if route.since:
            params[route.since.name] = _stamp(route.since, span[0])
        if route.until:
            last = span[1] - self.feed.axis.step
            params[route.until.name] = _stamp(route.until, last)
        return SpanPage(span, self.series.ask(self.client, route, params, log))


def joined(gaps: Sequence[Gap], *, is_one: bool) -> list[Span]:
    """Gaps that touch as one span; `is_one`: all as one."""
    spans: list[Span] = []
    for start, end, _ in gaps:
        if spans and (is_one or start <= spans[-1][1]):
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _stamp(param: TimeParam, ms: int) -> str | int:
    stamp = ms + param.offset_ms
    if param.unit == "iso":
        return datetime.fromtimestamp(stamp / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return stamp if param.unit == "ms" else stamp // 1000


def rows_of(
    feed: Feed, route: SpanRoute, series: Series, pages: Sequence[SpanPage]
) -> Iterator[Rows]:
    """The rows of bronze that these answers make."""
    if not pages:
        return
    answers = _answers(pages)
    frame = pl.concat([one.page.frame for one in pages])
    page_of = [i for i, one in enumerate(pages) for _ in range(one.page.frame.height)]
    number = pl.Series("page", page_of, pl.Int64)
    now_ms = answers["venue_now_ms"].gather(number)
    frame = frame.with_columns(number, now_ms)
    checked = check(frame, feed, str(series), route.stamp_unit_ms)
    stamp = pl.col(feed.axis.column)
    asked_for = checked.kept.join(answers, on="page").filter(
        (stamp >= pl.col("asked_from")) & (stamp < pl.col("asked_until"))
    )
    if asked_for.height:
        yield series.rows(feed.table, asked_for)
    spans = _spans(feed, route, pages, checked)
    yield series.pages(feed, spans.join(answers, on="page"))
    refused = {
        int(key[0]): list(rows.select("row", "reason").iter_rows())
        for key, rows in checked.refused.group_by("page")
    }
    yield from series.quarantine(
        feed, [(one.page, refused.get(i, [])) for i, one in enumerate(pages)]
    )


def _answers(pages: Sequence[SpanPage]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "page": range(len(pages)),
            "asked_from": [one.asked[0] for one in pages],
            "asked_until": [one.asked[1] for one in pages],
            **{
                name: [getattr(one.page.answer, name) for one in pages]
                for name in PROVENANCE
            },
        },
        schema_overrides={"page": pl.Int64},
    )


def _spans(
    feed: Feed, route: SpanRoute, pages: Sequence[SpanPage], checked: Checked
) -> pl.DataFrame:
    kept = _by_page(checked.kept, feed)
    refused = _by_page(checked.refused, feed)
    spans: dict[str, list[int]] = {
        name: [] for name in ("page", "answered_from", "answered_until", "rows_count")
    }
    for i, one in enumerate(pages):
        good, bad = set(kept.get(i, [])), refused.get(i, [])
        sent = Stamps(
            good,
            [stamp for stamp in bad if stamp is not None],
            is_placed=None not in bad and not one.page.malformed,
        )
        now_ms = one.page.answer.venue_now_ms
        for span in spans_answered(
            one.asked, sent, now_ms, route.window_steps, feed.axis.step
        ):
            rows_count = sum(span[0] <= stamp < span[1] for stamp in good)
            for name, value in zip(spans, (i, *span, rows_count), strict=True):
                spans[name].append(value)
    return pl.DataFrame(spans, schema=dict.fromkeys(spans, pl.Int64)).with_columns(
        sends_empty=pl.lit(route.sends_empty)
    )


def _by_page(frame: pl.DataFrame, feed: Feed) -> dict[int, list[int]]:
    return dict(frame.group_by("page").agg(feed.axis.column).iter_rows())
