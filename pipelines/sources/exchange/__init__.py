"""Exchanges over REST, through ccxt: instruments and 1m candles into `bronze_exchange`.

Tables: `ohlcv` (a candle as a venue sent it in one answer), `ohlcv_pages` (a span of
minutes that one answer speaks for), `instruments` (an instrument as listed at a
fetch), `requests` (an HTTP request), `quarantine` (a row that was refused).
Upstreams and their links: `venues.py`.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial

from pipelines import warehouse
from pipelines.configuration import Configuration, ExchangeChoice, InstrumentChoice
from pipelines.delivery import Rows, Stream, Table
from pipelines.errors import BullionError
from pipelines.sources.exchange.budget import Connection
from pipelines.sources.exchange.choices import ExchangeOptions, chosen
from pipelines.sources.exchange.clock import Clock, SystemClock
from pipelines.sources.exchange.tables import TABLES
from pipelines.sources.exchange.venue import Venue
from pipelines.sources.exchange.watch import Watch

__all__ = ["ExchangeOptions", "ExchangeSource"]

DEFAULT_SHARE = 0.9  # of the limit of a venue that is asked for but not configured


def _connect() -> Connection:
    return warehouse.connect("loader", warehouse.process_name("load exchange"))


class ExchangeSource:
    """The series that were chosen, one stream each, and one for each venue's listing.

    A venue or series that fails leaves its error in `failures`; the others go on.

    Raises:
        SetupError: the options name what is not configured.
    """

    name = "exchange"
    tables: Sequence[Table] = TABLES

    def __init__(
        self,
        configuration: Configuration,
        options: ExchangeOptions | None = None,
        *,
        clock: Clock | None = None,
        connect: Callable[[], Connection] = _connect,
        watch: Watch | None = None,
    ) -> None:
        self.failures: list[Exception] = []
        self._options = options or ExchangeOptions()
        self._open: Counter[str] = Counter()
        self._chosen = chosen(configuration, self._options)
        self._configured = {
            (choice.exchange_id, choice.symbol) for choice in configuration.instruments
        }
        self._venues = {
            name: Venue(
                configuration.exchanges.get(name)
                or ExchangeChoice(name, is_enabled=True, budget_share=DEFAULT_SHARE),
                configuration.thresholds,
                connect,
                clock or SystemClock(),
                is_unlimited=self._options.is_unlimited,
                watch=watch,
            )
            for name in dict.fromkeys(choice.exchange_id for choice in self._chosen)
        }

    def lock_keys(self) -> Sequence[str]:
        """The series it writes."""
        return [f"{choice.exchange_id} {choice.symbol}" for choice in self._chosen]

    def streams(self) -> Sequence[Stream]:
        """A stream for each venue's listing, and for each series."""
        listings = [
            Stream(f"{name} listing", self._guarded(name, venue.listing_rows))
            for name, venue in self._venues.items()
        ]
        series = [
            Stream(
                f"{choice.exchange_id} {choice.symbol}",
                self._guarded(choice.exchange_id, partial(self._series, choice)),
            )
            for choice in self._chosen
        ]
        return [*listings, *series]

    def _series(self, choice: InstrumentChoice) -> Iterator[Rows]:
        is_configured = (choice.exchange_id, choice.symbol) in self._configured
        until: datetime | None = self._options.until
        return self._venues[choice.exchange_id].series_rows(
            choice, until, resumes=is_configured and self._options.since is None
        )

    def _guarded(
        self, exchange_id: str, rows: Callable[[], Iterator[Rows]]
    ) -> Callable[[], Iterator[Rows]]:
        """The rows; what goes wrong upstream is kept, and ends this stream alone.

        The last stream of a venue to end gives its connections back.
        """
        self._open[exchange_id] += 1

        def guarded() -> Iterator[Rows]:
            try:
                yield from rows()
            except BullionError as error:
                if error not in self.failures:
                    self.failures.append(error)
            finally:
                self._open[exchange_id] -= 1
                if not self._open[exchange_id]:
                    self._venues[exchange_id].close()

        return guarded
