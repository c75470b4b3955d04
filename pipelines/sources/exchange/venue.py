"""One market of a venue during one load: its clients, its listing, its series."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from pipelines.bronze.delivery import Rows
from pipelines.config.listener import ConfigProvider
from pipelines.config.model import Feed, InstrumentChoice, Priority, Thresholds
from pipelines.errors import BullionError
from pipelines.sources.exchange.answered import Span
from pipelines.sources.exchange.candles import Series, candles
from pipelines.sources.exchange.choices import live_since_ms
from pipelines.sources.exchange.client import Journal, VenueClient
from pipelines.sources.exchange.clients import Clients
from pipelines.sources.exchange.instruments import (
    Listing,
    fetch_listing,
    held_listing,
    is_fresh,
)
from pipelines.sources.exchange.routes import MINUTE_MS, VenueSpec
from pipelines.sources.exchange.rules import DATE_RESOLUTION_MS
from pipelines.sources.exchange.series import held_until_ms, needs
from pipelines.sources.exchange.trade_rules import NS_IN_MS
from pipelines.sources.exchange.trade_series import trade_needs, trades_held_until_ns
from pipelines.sources.exchange.trades import trades
from pipelines.upstream.progress import Progress
from pipelines.upstream.request_log import REQUESTS

NULLS = {"symbol": pl.String, "status": pl.Int64, "error": pl.String}


@dataclass
class Venue:
    """A market of a venue in one load; its streams run side by side and share it.

    `goes_first`: the requests of this load stand before all others' of the venue.
    """

    spec: VenueSpec
    configured: ConfigProvider
    clients: Clients
    goes_first: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _listing: Listing | BullionError | None = None
    _journal: Journal = field(default_factory=list)

    def listing_rows(self) -> Iterator[Rows]:
        """The listing where it had to be fetched, and the requests made for it.

        Raises:
            UpstreamError: the venue did not answer; the requests have been yielded.
        """
        try:
            listing = self.listing()
        except BullionError:
            yield from requests(self._journal)
            raise
        yield from listing.rows
        yield from requests(self._journal)

    def listing(self, missing: str | None = None) -> Listing:
        """The venue's listing: bronze's if it is fresh, else the venue's.

        One that lacks the symbol `missing` is fetched, for it may be newly listed.
        """
        with self._lock:
            found = self._listing
            if found is None or (
                isinstance(found, Listing)
                and not found.is_fetched
                and missing is not None
                and missing not in found.venue_symbols
            ):
                try:
                    found = self._find_listing(may_be_held=self._listing is None)
                except BullionError as error:
                    found = error
                self._listing = found
        if isinstance(found, BullionError):
            raise found
        return found

    def series_rows(
        self,
        wanted: InstrumentChoice,
        feed: Feed,
        until: datetime | None,
        watch: Progress,
        *,
        resumes: bool,
        is_live: bool,
    ) -> Iterator[Rows]:
        """What is new of a series' candles or trades, and the requests made for it.

        `resumes`: a gap since the last load is filled, though `since` be later.
        `is_live`: of a series that holds nothing, the newest rows alone.

        Raises:
            UpstreamError: the venue gave up; what came before has been yielded.
            EndedError: `watch` raised it after a page; the same.
            BadDataError: the venue does not list the symbol, or is not asked for this.
        """
        journal: Journal = []
        rows = self._candles if feed == "candles" else self._trades
        try:
            series = self._series(wanted)
            client = self._client(wanted.priority)
            now_ms = client.venue_now_ms(journal)
            since_ms = (
                live_since_ms(wanted.since, feed, now_ms)
                if is_live
                else wanted.since.instant_ms(now_ms)
            )
            span = since_ms, _until_ms(until, now_ms)
            yield from rows(client, series, span, journal, watch, resumes=resumes)
        except BullionError:
            yield from requests(journal)
            raise
        yield from requests(journal)

    @property
    def thresholds(self) -> Thresholds:
        """Those that count now."""
        return self.configured.current.thresholds

    def _client(self, priority: Priority) -> VenueClient:
        return self.clients.of(self.spec, "first" if self.goes_first else priority)

    def _series(self, wanted: InstrumentChoice) -> Series:
        listing = self.listing(wanted.symbol)
        venue_symbol = listing.venue_symbol(wanted.symbol)
        return Series(wanted.exchange_id, wanted.symbol, venue_symbol)

    def _candles(
        self,
        client: VenueClient,
        series: Series,
        span: Span,
        journal: Journal,
        watch: Progress,
        *,
        resumes: bool,
    ) -> Iterator[Rows]:
        """Candles of [since, until) in milliseconds, the forming one included."""
        route = client.spec.candle_route()
        end = client.venue_now_ms(journal) // MINUTE_MS * MINUTE_MS + MINUTE_MS
        since = span[0] + -span[0] % MINUTE_MS
        until = min(span[1] + -span[1] % MINUTE_MS, end)
        with self.clients.connect() as connection:
            held = held_until_ms(connection, series) if resumes else None
            spans = needs(
                connection,
                series,
                route,
                (since if held is None else min(since, held), until),
                reread_candles=self.thresholds.reread_candles,
                holes=self.thresholds.holes_per_load,
            )
        return candles(client, series, spans, journal, watch)

    def _trades(
        self,
        client: VenueClient,
        series: Series,
        span: Span,
        journal: Journal,
        watch: Progress,
        *,
        resumes: bool,
    ) -> Iterator[Rows]:
        """Trades of the minutes that [since, until), in milliseconds, touches.

        Whole ones: a minute of which a part is held could not be compared.
        """
        client.spec.trade_route()
        since = (span[0] - span[0] % MINUTE_MS) * NS_IN_MS
        until = (span[1] + -span[1] % MINUTE_MS) * NS_IN_MS
        with self.clients.connect() as connection:
            held = trades_held_until_ns(connection, series) if resumes else None
            holes = trade_needs(
                connection,
                series,
                (since if held is None else min(since, held), until),
                holes=self.thresholds.holes_per_load,
            )
        return trades(client, series, holes, journal, watch)

    def _find_listing(self, *, may_be_held: bool) -> Listing:
        client = self._client("live")
        hours = self.thresholds.listing_max_age_hours
        if may_be_held:
            with self.clients.connect() as connection:
                held = held_listing(connection, self.spec)
            if held and is_fresh(held, client.venue_now_ms(self._journal), hours):
                return held
        return fetch_listing(client, self._journal)


def _until_ms(until: datetime | None, venue_now_ms: int) -> int:
    """The end of what is asked for; what a `Date` header's second may hold is."""
    end = venue_now_ms + DATE_RESOLUTION_MS
    return end if until is None else min(int(until.timestamp() * 1000), end)


def requests(journal: Journal) -> Iterator[Rows]:
    """The journal as rows of `requests`."""
    if journal:
        frame = pl.DataFrame(journal, schema_overrides=NULLS)
        yield Rows(REQUESTS, frame)
