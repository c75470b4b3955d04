"""Rows of a snapshot feed: what is true now, once in each step of the feed's axis.

Tables: the feed's own, `pages` (the step that an answer speaks for), `quarantine` (a
row that was refused). A step that was not asked for in time stays without an answer:
nobody can be asked for it later.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from pipelines.bronze.delivery import Rows
from pipelines.sources.exchange.client import VenueClient
from pipelines.sources.exchange.page import Page
from pipelines.sources.exchange.routes import SnapshotRoute
from pipelines.sources.exchange.rules import check
from pipelines.sources.exchange.series import Series, provenance
from pipelines.upstream.checks import Checked
from pipelines.upstream.extents import at
from pipelines.upstream.feed import Feed, Span
from pipelines.upstream.progress import Progress
from pipelines.upstream.request_log import RequestLog


def step_at(feed: Feed, now_ms: int) -> Span:
    """The step of the feed's axis that is under way."""
    start = now_ms - now_ms % feed.axis.step
    return start, start + feed.axis.step


@dataclass(frozen=True)
class SnapshotReader:
    """Asks a venue once, for a series or for several.

    `symbols`: of an answer for several, ours by the venue's names that it has.
    """

    client: VenueClient
    feed: Feed
    route: SnapshotRoute
    of: Series
    symbols: Callable[[Collection[str]], Mapping[str, str]]

    def rows(self, log: RequestLog, progress: Progress) -> Iterator[Rows]:
        """What the venue says now.

        Raises:
            UpstreamError: it gave up.
            BadDataError: it does not know the instrument.
        """
        feed, route = self.feed, self.route
        page = self.of.ask(self.client, route, {}, log)
        checked = self._checked(page)
        if checked.kept.height:
            kept = checked.kept.with_columns(provenance(page))
            yield self.of.rows(feed.table, kept)
        yield self.of.pages(feed, self._answered(page, checked))
        refused = checked.refused.select("row", "reason").iter_rows()
        yield from self.of.quarantine(feed, [(page, refused)])
        progress.answered(0, checked.kept.height)

    def _checked(self, page: Page) -> Checked:
        """The rows of the chosen series that are good, and that are not."""
        frame, stamp = page.frame, self.feed.axis.stamp
        now_ms = page.answer.venue_now_ms
        unit_ms = self.route.stamp_unit_ms
        now = (
            at(now_ms).isoformat().replace("+00:00", "Z")
            if unit_ms is None
            else now_ms // unit_ms
        )
        sent = pl.col(stamp) if stamp in frame.columns else pl.lit(None, pl.String)
        frame = frame.with_columns(sent.fill_null(pl.lit(str(now))).alias(stamp))
        same = {"page": pl.lit(0, pl.Int64), "venue_now_ms": pl.lit(now_ms, pl.Int64)}
        frame = frame.with_columns(**same)
        about: str | pl.Expr = str(self.of)
        if self.route.is_shared:
            symbols = self.symbols(frame["venue_symbol"].drop_nulls().to_list())
            symbol = pl.col("venue_symbol").replace_strict(symbols, default=None)
            frame = frame.with_columns(symbol=symbol).filter(
                pl.col("symbol").is_not_null()
            )
            about = pl.format(f"{{}} on {self.of.exchange_id}", "symbol")
        return check(frame, self.feed, about, unit_ms)

    def _answered(self, page: Page, checked: Checked) -> pl.DataFrame:
        """The page: it speaks for its step if it has any good row, or none at all."""
        start, end = step_at(self.feed, page.answer.venue_now_ms)
        is_answered = checked.kept.height or not (
            page.malformed or checked.refused.height
        )
        spans = {
            "asked_from": start,
            "asked_until": end,
            "answered_from": start,
            "answered_until": end if is_answered else start,
            "rows_count": checked.kept.height,
        }
        return pl.DataFrame([spans]).with_columns(provenance(page))
