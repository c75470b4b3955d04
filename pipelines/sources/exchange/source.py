"""The source: a stream for each feed of what was chosen, and for each listing."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial

from pipelines import warehouse
from pipelines.configuration import (
    Configuration,
    ExchangeChoice,
    Feed,
    InstrumentChoice,
)
from pipelines.delivery import Rows, Stream, Table
from pipelines.errors import BullionError
from pipelines.sources.exchange.budget import Connection
from pipelines.sources.exchange.choices import ExchangeOptions, chosen
from pipelines.sources.exchange.clock import Clock, SystemClock
from pipelines.sources.exchange.tables import TABLES
from pipelines.sources.exchange.venue import Venue
from pipelines.sources.exchange.venues import spec_of
from pipelines.watch import Watch

DEFAULT_SHARE = 0.9  # of the limit of a venue that is asked for but not configured


def _connect() -> Connection:
    return warehouse.connect("loader", warehouse.process_name("load exchange"))


class ExchangeSource:
    """A stream for each feed of the series that were chosen, and for each listing.

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
            spec.budget_id: Venue(
                configuration.exchanges.get(spec.exchange_id)
                or ExchangeChoice(
                    spec.exchange_id, is_enabled=True, budget_share=DEFAULT_SHARE
                ),
                spec,
                configuration.thresholds,
                connect,
                clock or SystemClock(),
                is_unlimited=self._options.is_unlimited,
                watch=watch,
            )
            for spec in (spec_of(c.exchange_id, c.symbol) for c in self._chosen)
        }

    def lock_keys(self) -> Sequence[str]:
        """The series it writes; history has keys of its own, and never blocks live."""
        return [
            " ".join((_series(choice, feed), *(["history"] if is_history else [])))
            for choice in self._chosen
            for is_history in [choice.priority == "history"]
            for feed in choice.feeds or ("candles",)
        ]

    def streams(self) -> Sequence[Stream]:
        """A stream for each market's listing, and for each feed of a series."""
        listings = [
            Stream(f"{name} listing", self._guarded(name, venue.listing_rows))
            for name, venue in self._venues.items()
        ]
        series = [
            Stream(
                _series(choice, feed),
                self._guarded(
                    spec_of(choice.exchange_id, choice.symbol).budget_id,
                    partial(self._rows, choice, feed),
                ),
            )
            for choice in self._chosen
            for feed in choice.feeds
        ]
        return [*listings, *series]

    def _rows(self, choice: InstrumentChoice, feed: Feed) -> Iterator[Rows]:
        is_configured = (choice.exchange_id, choice.symbol) in self._configured
        venue = self._venues[spec_of(choice.exchange_id, choice.symbol).budget_id]
        until: datetime | None = self._options.until
        return venue.series_rows(
            choice, feed, until, resumes=is_configured and self._options.since is None
        )

    def _guarded(
        self, venue: str, rows: Callable[[], Iterator[Rows]]
    ) -> Callable[[], Iterator[Rows]]:
        """The rows; what goes wrong upstream is kept, and ends this stream alone.

        The last stream of a venue to end gives its connections back.
        """
        self._open[venue] += 1

        def guarded() -> Iterator[Rows]:
            try:
                yield from rows()
            except BullionError as error:
                if error not in self.failures:
                    self.failures.append(error)
            finally:
                self._open[venue] -= 1
                if not self._open[venue]:
                    self._venues[venue].close()

        return guarded


def _series(choice: InstrumentChoice, feed: Feed) -> str:
    """A feed's name among streams and locks; candles have the series' own."""
    name = f"{choice.exchange_id} {choice.symbol}"
    return name if feed == "candles" else f"{name} {feed}"
