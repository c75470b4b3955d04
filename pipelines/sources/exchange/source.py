"""The source: a stream for each feed of what was chosen, and for each listing."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from pipelines import warehouse
from pipelines.bronze.delivery import Rows, Stream
from pipelines.bronze.tables import Table
from pipelines.config.listener import ConfigProvider, config_provider
from pipelines.config.model import DEFAULT_FEED, Configuration, Feed, InstrumentChoice
from pipelines.errors import BullionError, EndedError
from pipelines.sources.exchange.choices import (
    ExchangeOptions,
    chosen,
    is_collected,
    series_name,
)
from pipelines.sources.exchange.clients import Clients
from pipelines.sources.exchange.feeds import FEEDS
from pipelines.sources.exchange.spec import SPEC
from pipelines.sources.exchange.venue import Venue
from pipelines.sources.exchange.venues import spec_of
from pipelines.upstream.clock import Clock, EndingClock
from pipelines.upstream.progress import NoProgress, Progress
from pipelines.upstream.running_tasks import RunningTasks


def connect() -> warehouse.Connection:
    """A connection for the requests of a load."""
    return warehouse.connect("loader", warehouse.process_name("load exchange"))


class ExchangeSource:
    """A stream for each feed of the series that were chosen, and for each listing.

    A venue or series that fails leaves its error in `failures`; the others go on. A
    series that was configured when this began, and is not any more, ends after its
    page, as does each when `streams` are ending: no failure, but one of `ended`.
    `answered` is told of each page, by the name of its stream.

    Attributes:
        failed: the failures by the name of the stream.
        ended: the streams that did not go on to their end.

    Raises:
        SetupError: the options name what is not configured.
    """

    name = SPEC.name

    def __init__(
        self,
        configured: ConfigProvider | Configuration,
        options: ExchangeOptions | None = None,
        *,
        clock: Clock | None = None,
        connect: Callable[[], warehouse.Connection] = connect,
        watch: Progress | None = None,
        streams: RunningTasks | None = None,
        clients: Clients | None = None,
        answered: Callable[[str], None] = lambda _: None,
    ) -> None:
        configured = config_provider(configured)
        self.tables: Sequence[Table] = SPEC.all_tables
        self.failures: list[Exception] = []
        self.failed: dict[str, Exception] = {}
        self.ended: list[str] = []
        self._configured = configured
        self._options = options or ExchangeOptions()
        self._open: Counter[str] = Counter()
        self._watch = watch or NoProgress()
        self._streams = streams or RunningTasks()
        self._answered = answered
        self._keeps_clients = clients is not None
        self._clients = clients or Clients(
            configured,
            connect,
            clock or EndingClock(self._streams.ending),
            is_unlimited=self._options.is_unlimited,
        )
        known = configured.current
        self._chosen = chosen(known, self._options, self.failures)
        self._known = {(c.exchange_id, c.symbol) for c in known.instruments}
        self._collected = {
            series_name(choice, feed)
            for choice in self._chosen
            for feed in choice.feeds
            if is_collected(known, choice.exchange_id, choice.symbol, feed)
        }
        self._venues = {
            spec.budget_id: Venue(
                spec, configured, self._clients, goes_first=self._options.goes_first
            )
            for spec in (spec_of(c.exchange_id, c.symbol) for c in self._chosen)
        }

    def lock_keys(self) -> Sequence[str]:
        """The series it writes; history has keys of its own, and never blocks live."""
        return [
            " ".join((series_name(choice, feed), *(["history"] if is_history else [])))
            for choice in self._chosen
            for is_history in [choice.priority == "history"]
            for feed in choice.feeds or (DEFAULT_FEED,)
        ]

    def streams(self) -> Sequence[Stream]:
        """A stream for each market's listing, and for each feed of a series."""
        listings = [
            self._stream(f"{name} listing", name, venue.listing_rows)
            for name, venue in self._venues.items()
        ]
        series = [
            self._stream(
                series_name(choice, feed),
                spec_of(choice.exchange_id, choice.symbol).budget_id,
                partial(self._rows, choice, feed),
            )
            for choice in self._chosen
            for feed in choice.feeds
        ]
        return [*listings, *series]

    def whole(self) -> list[str]:
        """The series' streams that went on to their end, once all have ended."""
        names = [series_name(c, feed) for c in self._chosen for feed in c.feeds]
        return [n for n in names if n not in self.failed and n not in self.ended]

    def _rows(self, choice: InstrumentChoice, feed: Feed) -> Iterator[Rows]:
        is_known = (choice.exchange_id, choice.symbol) in self._known
        venue = self._venues[spec_of(choice.exchange_id, choice.symbol).budget_id]
        self._check(choice, feed)
        options = self._options
        return venue.series_rows(
            choice,
            FEEDS[feed],
            options.until,
            _Pages(self._watch, partial(self._paged, choice, feed)),
            resumes=options.is_live or (is_known and options.since is None),
            is_live=options.is_live,
        )

    def _paged(self, choice: InstrumentChoice, feed: Feed) -> None:
        self._answered(series_name(choice, feed))
        self._check(choice, feed)

    def _check(self, choice: InstrumentChoice, feed: Feed) -> None:
        """Raises EndedError where the series is not to go on."""
        name = series_name(choice, feed)
        if self._streams.ending.is_set():
            raise EndedError(f"{name}: stopped")
        series = (choice.exchange_id, choice.symbol, feed)
        if name in self._collected and not is_collected(
            self._configured.current, *series
        ):
            raise EndedError(f"{name}: not collected any more")

    def _stream(
        self, name: str, venue: str, rows: Callable[[], Iterator[Rows]]
    ) -> Stream:
        """The rows; what goes wrong upstream is kept, and ends this stream alone.

        The last stream of a venue to end gives its connections back.
        """
        self._open[venue] += 1

        def guarded() -> Iterator[Rows]:
            with self._streams.one(name):
                try:
                    yield from rows()
                except EndedError:
                    self.ended.append(name)
                except BullionError as error:
                    self.failed[name] = error
                    if error not in self.failures:
                        self.failures.append(error)
                finally:
                    self._open[venue] -= 1
                    if not self._open[venue] and not self._keeps_clients:
                        self._clients.close(venue)

        return Stream(name, guarded)


class _Pages:
    """A stream's watch: told of each page, it looks whether there is to be another."""

    def __init__(self, watch: Progress, paged: Callable[[], None]) -> None:
        self._watch = watch
        self._paged = paged

    def planned(self, minutes: int) -> None:
        """Told on."""
        self._watch.planned(minutes)

    def answered(self, minutes: int, rows: int) -> None:
        """Told on.

        Raises:
            EndedError: the page was the last one.
        """
        self._watch.answered(minutes, rows)
        self._paged()
