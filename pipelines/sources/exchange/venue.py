"""One venue during one load: its clients, its listing, the rows of its series."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from pipelines.configuration import (
    ExchangeChoice,
    InstrumentChoice,
    Priority,
    Thresholds,
)
from pipelines.delivery import Rows
from pipelines.errors import BullionError
from pipelines.sources.exchange.answered import Span
from pipelines.sources.exchange.budget import (
    Budget,
    Connection,
    SharedBudget,
    Shares,
    Unlimited,
)
from pipelines.sources.exchange.candles import Series, candles
from pipelines.sources.exchange.client import Journal, VenueClient
from pipelines.sources.exchange.clock import Clock
from pipelines.sources.exchange.instruments import (
    Listing,
    fetch_listing,
    held_listing,
    is_fresh,
)
from pipelines.sources.exchange.series import held_until_ms, needs
from pipelines.sources.exchange.tables import REQUESTS
from pipelines.sources.exchange.venues import MINUTE_MS, VENUES
from pipelines.sources.exchange.watch import Watch

NULLS = {"symbol": pl.String, "status": pl.Int64, "error": pl.String}


@dataclass
class Venue:
    """A venue in one load; its streams run side by side and share it."""

    choice: ExchangeChoice
    thresholds: Thresholds
    connect: Callable[[], Connection]
    clock: Clock
    is_unlimited: bool = False
    watch: Watch | None = None
    _clients: dict[Priority, VenueClient] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _clients_lock: threading.Lock = field(default_factory=threading.Lock)
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
        self, wanted: InstrumentChoice, until: datetime | None, *, resumes: bool
    ) -> Iterator[Rows]:
        """What is new of a series, and the requests made for it.

        `resumes`: a gap since the last load is filled, though `since` be later.

        Raises:
            UpstreamError: the venue gave up; what came before has been yielded.
            BadDataError: the venue does not list the symbol.
        """
        journal: Journal = []
        try:
            series = self._series(wanted)
            client = self._client(wanted.priority)
            spans = self._needs(client, series, wanted, until, journal, resumes=resumes)
            yield from candles(client, series, spans, journal, self.watch)
        except BullionError:
            yield from requests(journal)
            raise
        yield from requests(journal)

    def close(self) -> None:
        """Give back what is held."""
        for client in self._clients.values():
            client.close()

    def _series(self, wanted: InstrumentChoice) -> Series:
        listing = self.listing(wanted.symbol)
        venue_symbol = listing.venue_symbol(wanted.symbol)
        return Series(wanted.exchange_id, wanted.symbol, venue_symbol)

    def _needs(
        self,
        client: VenueClient,
        series: Series,
        wanted: InstrumentChoice,
        until: datetime | None,
        journal: Journal,
        *,
        resumes: bool,
    ) -> list[Span]:
        now_ms = client.venue_now_ms(journal)
        start = wanted.since.from_ms(now_ms)
        with self.connect() as connection:
            held = held_until_ms(connection, series) if resumes else None
            return needs(
                connection,
                series,
                client.spec.candles,
                (start if held is None else min(start, held), _end(until, now_ms)),
                reread_candles=self.thresholds.reread_candles,
                holes=self.thresholds.holes_per_load,
            )

    def _find_listing(self, *, may_be_held: bool) -> Listing:
        client = self._client("live")
        hours = self.thresholds.listing_max_age_hours
        if may_be_held:
            with self.connect() as connection:
                held = held_listing(connection, self.choice.exchange_id)
            if held and is_fresh(held, client.venue_now_ms(self._journal), hours):
                return held
        return fetch_listing(client, self._journal)

    def _client(self, priority: Priority) -> VenueClient:
        with self._clients_lock:
            if priority not in self._clients:
                self._clients[priority] = VenueClient(
                    VENUES[self.choice.exchange_id],
                    self._budget(priority),
                    self.clock,
                    attempts=self.thresholds.attempts,
                    timeout_s=self.thresholds.request_timeout_seconds,
                )
            return self._clients[priority]

    def _budget(self, priority: Priority) -> Budget:
        if self.is_unlimited:
            return Unlimited()
        shares = Shares(self.choice.budget_share, priority, self.thresholds)
        spec = VENUES[self.choice.exchange_id]
        return SharedBudget(spec, shares, self.connect, self.clock)


def _end(until: datetime | None, venue_now_ms: int) -> int:
    """The end of what can be asked for: the minute the venue is in is the last one."""
    forming_end = venue_now_ms - venue_now_ms % MINUTE_MS + MINUTE_MS
    if until is None:
        return forming_end
    until_ms = int(until.timestamp() * 1000)
    return min(until_ms + -until_ms % MINUTE_MS, forming_end)


def requests(journal: Journal) -> Iterator[Rows]:
    """The journal as rows of `requests`."""
    if journal:
        frame = pl.DataFrame(journal, schema_overrides=NULLS)
        yield Rows(REQUESTS, frame)
