"""One market of a venue during one load: its clients, its listing, its series."""

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from pipelines.bronze.delivery import Rows
from pipelines.config.listener import ConfigProvider
from pipelines.config.model import InstrumentChoice, Priority, Thresholds
from pipelines.errors import BadDataError, BullionError
from pipelines.sources.exchange.chains import Chain
from pipelines.sources.exchange.choices import live_since_ms
from pipelines.sources.exchange.client import VenueClient
from pipelines.sources.exchange.clients import Clients
from pipelines.sources.exchange.instruments import (
    Listing,
    fetch_listing,
    is_fresh,
    stored_listing,
)
from pipelines.sources.exchange.routes import (
    FeedRoute,
    SnapshotRoute,
    SpanRoute,
    VenueSpec,
    WalkRoute,
)
from pipelines.sources.exchange.rules import DATE_RESOLUTION_MS
from pipelines.sources.exchange.series import Series
from pipelines.sources.exchange.snapshots import SnapshotReader, step_at
from pipelines.sources.exchange.spans import SpanReader
from pipelines.sources.exchange.walks import WalkReader
from pipelines.upstream.feed import MINUTE_MS, Feed, Span
from pipelines.upstream.pages import Gap, Pages
from pipelines.upstream.progress import Progress
from pipelines.upstream.request_log import RequestLog, log_rows

SCHEMA = "bronze_exchange"


@dataclass
class Venue:
    """A market of a venue in one load; its resources run side by side and share it.

    `goes_first`: the requests of this load stand before all others' of the venue.
    """

    spec: VenueSpec
    config: ConfigProvider
    clients: Clients
    goes_first: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _listing: Listing | BullionError | None = None
    _log: RequestLog = field(default_factory=list)

    def listing_rows(self) -> Iterator[Rows]:
        """The listing where it had to be fetched, and the requests made for it.

        Raises:
            UpstreamError: the venue did not answer; the requests have been yielded.
        """
        try:
            listing = self.listing()
        except BullionError:
            yield from log_rows(self._log)
            raise
        yield from listing.rows
        yield from log_rows(self._log)

    def listing(self, missing: str | None = None) -> Listing:
        """The venue's listing: bronze's if it is fresh, else the venue's.

        One that lacks the symbol `missing` is fetched, for it may be newly listed.
        """
        with self._lock:
            listing = self._listing
            if listing is None or (
                isinstance(listing, Listing)
                and not listing.is_fetched
                and missing is not None
                and missing not in listing.venue_symbols
            ):
                try:
                    listing = self._find_listing(may_be_stored=self._listing is None)
                except BullionError as error:
                    listing = error
                self._listing = listing
        if isinstance(listing, BullionError):
            raise listing
        return listing

    def series_rows(
        self,
        choice: InstrumentChoice,
        feed: Feed,
        until: datetime | None,
        progress: Progress,
        *,
        resumes: bool,
        is_live: bool,
    ) -> Iterator[Rows]:
        """What is new of a series' feed, and the requests made for it.

        `resumes`: a gap since the last load is filled, though `since` be later.
        `is_live`: of a series without rows, the newest ones alone.

        Raises:
            UpstreamError: the venue gave up; what came before has been yielded.
            EndedError: `progress` raised it after a page; the same.
            BadDataError: the venue does not list the symbol, or is not asked for this.
        """
        log: RequestLog = []
        try:
            series = self.series(choice)
            client = self._client(choice.priority)
            now_ms = client.venue_now_ms(log)
            since_ms = (
                live_since_ms(choice.since, feed, now_ms)
                if is_live
                else choice.since.instant_ms(now_ms)
            )
            span = since_ms, _until_ms(until, now_ms)
            route = self.spec.route(feed.name)
            series = self._counted(series, route)
            if isinstance(route, SnapshotRoute):
                raise BadDataError(f"{feed.name} has no history")
            if isinstance(route, SpanRoute):
                # the forming row is included
                span = ceiled(within_reach(span, route, now_ms), feed.axis.step, now_ms)
                gaps = self._gaps(series, feed, span, route, resumes=resumes)
                read = SpanReader(client, feed, route, series).rows
            else:
                span = whole_minutes(within_reach(span, route, now_ms))
                span = feed.axis.of_extent(span)
                gaps = self._gaps(series, feed, span, route, resumes=resumes)
                read = WalkReader(client, feed, route, series).rows
            yield from read(gaps, log, progress)
        except BullionError:
            yield from log_rows(log)
            raise
        yield from log_rows(log)

    def snapshot_rows(
        self,
        series: Sequence[Series],
        feed: Feed,
        priority: Priority,
        progress: Progress,
    ) -> Iterator[Rows]:
        """What is true now of these series, for all of which one answer speaks.

        Of a chain it is true of the options on them, as they are listed. Nothing where
        the step that is under way has been answered for.

        Raises:
            UpstreamError: the venue gave up.
            BadDataError: its route gives the feed as something else.
        """
        log: RequestLog = []
        try:
            route = self.spec.route(feed.name)
            subject = self.spec.subject(feed, series[0].symbol)
            is_one = subject == series[0].symbol
            of = (
                self._counted(series[0], route)
                if is_one
                else Series(self.spec.exchange_id, subject, subject)
            )
            client = self._client(priority)
            feed = feed.turned(self.thresholds)
            step = step_at(feed, client.venue_now_ms(log))
            if not isinstance(route, SnapshotRoute):
                raise BadDataError(f"{feed.name} is no snapshot on {of.exchange_id}")
            if self._is_missing(of, feed, step):
                route = route.at_depth(self.thresholds.order_book_levels)
                chain = Chain(
                    series, self.listing(), partial(fetch_listing, client, log)
                )
                symbols = chain.symbols if route.is_chain else partial(_names, series)
                reader = SnapshotReader(client, feed, route, of, symbols)
                yield from reader.rows(log, progress)
                yield from chain.rows
        except BullionError:
            yield from log_rows(log)
            raise
        yield from log_rows(log)

    @property
    def thresholds(self) -> Thresholds:
        """Those that count now."""
        return self.config.current.thresholds

    def _client(self, priority: Priority) -> VenueClient:
        return self.clients.of(self.spec, "first" if self.goes_first else priority)

    def series(self, choice: InstrumentChoice) -> Series:
        """The series by the venue's own symbol.

        Raises:
            UpstreamError: the venue did not list its instruments.
            BadDataError: it does not list this one.
        """
        listing = self.listing(choice.symbol)
        venue_symbol = listing.venue_symbol(choice.symbol)
        return Series(choice.exchange_id, choice.symbol, venue_symbol)

    def _counted(self, series: Series, route: FeedRoute) -> Series:
        """The series with the size of its contracts, where it is counted in them."""
        if not route.counts_contracts:
            return series
        size = self.listing().contract_sizes.get(series.symbol)
        if size is None:
            raise BadDataError(f"{series}: contracts of no size are listed")
        return replace(series, contract_size=size)

    def _gaps(
        self,
        series: Series,
        feed: Feed,
        span: Span,
        route: SpanRoute | WalkRoute,
        *,
        resumes: bool,
    ) -> list[Gap]:
        """What of `span`, on the feed's axis, is to be asked for."""
        thresholds = self.thresholds
        reread = thresholds.reread_candles
        with self.clients.connect() as connection:
            pages = Pages(connection, SCHEMA, series.key(feed))
            until = pages.answered_until() if resumes else None
            span = span[0] if until is None else min(span[0], until), span[1]
            gaps = pages.missing(
                span,
                reread=reread * feed.axis.step if feed.closes else 0,
                has_window=route.has_window,
                refused=thresholds.holes_per_load,
                forms=feed.way != "walk",
            )
            if isinstance(route, WalkRoute) or route.sends_empty:
                return gaps
            if not (reread and feed.closes):
                return gaps
            # absence counts once it was told twice; who names a span may doubt that
            newest = thresholds.holes_per_load if resumes else None
            again = pages.left_out(feed, span, newest=newest)
            return sorted([*gaps, *gathered(again, route, feed.axis.step)])

    def _is_missing(self, series: Series, feed: Feed, step: Span) -> bool:
        with self.clients.connect() as connection:
            pages = Pages(connection, SCHEMA, series.key(feed))
            return bool(pages.missing(step, refused=1))

    def _find_listing(self, *, may_be_stored: bool) -> Listing:
        client = self._client("live")
        hours = self.thresholds.listing_max_age_hours
        if may_be_stored:
            with self.clients.connect() as connection:
                stored = stored_listing(connection, self.spec)
            if stored and is_fresh(stored, client.venue_now_ms(self._log), hours):
                return stored
        return fetch_listing(client, self._log)


def _names(series: Sequence[Series], _: Collection[str]) -> Mapping[str, str]:
    """The symbols by the venue's names."""
    return {one.venue_symbol: one.symbol for one in series}


def _until_ms(until: datetime | None, venue_now_ms: int) -> int:
    """The end of what is asked for; what a `Date` header's second may hold is."""
    end = venue_now_ms + DATE_RESOLUTION_MS
    return end if until is None else min(int(until.timestamp() * 1000), end)


def gathered(runs: Sequence[Gap], route: SpanRoute, step: int) -> list[Gap]:
    """The runs, in order; those that lie within what one request may ask for as one."""
    spans: list[Gap] = []
    for run in runs:
        start = spans[-1].start if spans else run.start
        if spans and (
            not route.page_steps or run.end - start <= route.page_steps * step
        ):
            spans[-1] = Gap(start, run.end)
        else:
            spans.append(run)
    return spans


def ceiled(span: Span, step: int, venue_now_ms: int) -> Span:
    """The span from step to step, up to the end of the one that is under way."""
    start, end = (at + -at % step for at in span)
    return start, min(end, venue_now_ms // step * step + step)


def within_reach(span: Span, route: SpanRoute | WalkRoute, venue_now_ms: int) -> Span:
    """What of the span the venue may be asked for."""
    if route.reach is None:
        return span
    earliest_ms = venue_now_ms - route.reach // timedelta(milliseconds=1)
    return max(span[0], earliest_ms), max(span[1], earliest_ms)


def whole_minutes(span: Span) -> Span:
    """The minutes that the span touches, in milliseconds.

    Whole ones: a minute that bronze has in part could not be compared.
    """
    return span[0] - span[0] % MINUTE_MS, span[1] + -span[1] % MINUTE_MS
