"""The source: a resource for each feed of what was chosen, and for each listing."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial

from pipelines import warehouse
from pipelines.bronze.delivery import Resource, Rows
from pipelines.bronze.tables import Table
from pipelines.config.listener import ConfigProvider, config_provider
from pipelines.config.model import Configuration, InstrumentChoice
from pipelines.errors import BadDataError
from pipelines.sources.exchange.choices import chosen, is_collected, rest_feeds
from pipelines.sources.exchange.clients import Clients
from pipelines.sources.exchange.feeds import FEEDS
from pipelines.sources.exchange.series import Series
from pipelines.sources.exchange.tables import INSTRUMENTS, TABLES
from pipelines.sources.exchange.venue import Venue
from pipelines.sources.exchange.venues import spec_of
from pipelines.upstream.clock import Clock, EndingClock
from pipelines.upstream.feed import Feed, Key
from pipelines.upstream.keyed_tasks import KeyedTasks
from pipelines.upstream.options import LoadOptions
from pipelines.upstream.progress import NO_PROGRESS, Progress
from pipelines.upstream.running_tasks import RunningTasks


def connect() -> warehouse.Connection:
    """A connection for the requests of a load."""
    return warehouse.connect("loader", warehouse.process_name("load exchange"))


class ExchangeSource(KeyedTasks):
    """A resource for each feed of the series that were chosen, and for each listing.

    `live`: these series and nothing else: from the last answer to now, and where there
    is none the newest rows (`live_since_ms`). `goes_first`: requests stand before all
    others' of their venue. `is_unlimited`: no request budget, for a venue of one's own.

    Raises:
        SetupError: the options name what is not configured.
    """

    name = "exchange"

    def __init__(
        self,
        config: ConfigProvider | Configuration,
        options: LoadOptions | None = None,
        *,
        live: Sequence[InstrumentChoice] = (),
        goes_first: bool = False,
        is_unlimited: bool = False,
        clock: Clock | None = None,
        connect: Callable[[], warehouse.Connection] = connect,
        progress: Progress = NO_PROGRESS,
        tasks: RunningTasks | None = None,
        clients: Clients | None = None,
        answered: Callable[[Key], None] = lambda _: None,
    ) -> None:
        tables = [feed.table for feed in FEEDS.values()]
        self.tables: Sequence[Table] = (*tables, *TABLES)
        super().__init__(tasks, answered, progress)
        self._config = config_provider(config)
        self._options = options or LoadOptions()
        self._is_live = bool(live)
        self._open: Counter[str] = Counter()
        self._keeps_clients = clients is not None
        self._clients = clients or Clients(
            self._config,
            connect,
            clock or EndingClock(self._tasks.ending),
            is_unlimited=is_unlimited,
        )
        configuration = self._config.current
        choices = [replace(choice, feeds=rest_feeds(choice)) for choice in live]
        if not live:
            choices = chosen(configuration, self._options, self.failures)
        self._series = {
            Key(choice.exchange_id, choice.symbol, feed): choice
            for choice in choices
            for feed in choice.feeds
        }
        self._configured_series = set(configuration.series)
        self._collected = {k for k in self._series if is_collected(configuration, *k)}
        self._venues = {
            spec.budget_id: Venue(
                spec, self._config, self._clients, goes_first=goes_first
            )
            for spec in (spec_of(c.exchange_id, c.symbol) for c in choices)
        }

    def lock_keys(self) -> Sequence[str]:
        """The keys it writes; history has locks of its own, and never blocks live.

        A source of listings alone holds the market's lock.
        """
        return [
            f"{name} history" if choice.priority == "history" else name
            for name, keys in self._asked.items()
            for choice in [self._series[keys[0]]]
        ] or [f"{name} listing" for name in self._venues]

    def resources(self) -> Sequence[Resource]:
        """A resource for each market's listing, and for each feed of a series."""
        listings = [
            self._resource([Key(name, "", INSTRUMENTS.name)], name, venue.listing_rows)
            for name, venue in self._venues.items()
        ]
        series = [
            self._resource(
                keys, spec_of(*keys[0].series).budget_id, partial(self._rows, keys)
            )
            for keys in self._asked.values()
        ]
        return [*listings, *series]

    def _keys(self) -> Collection[Key]:
        return self._series

    def _goes_on(self, key: Key) -> bool:
        """Whether it is collected, or was named."""
        is_named = key not in self._collected
        return is_named or is_collected(self._config.current, *key)

    @cached_property
    def _asked(self) -> Mapping[str, Sequence[Key]]:
        """The keys that one question is about, by what its lock is called.

        Each by itself, but for feeds of which one answer speaks for several.
        """
        asked: dict[str, list[Key]] = {}
        for key in self._series:
            subject = spec_of(*key.series).subject(FEEDS[key.feed], key.subject)
            asked.setdefault(str(key._replace(subject=subject)), []).append(key)
        return asked

    def _rows(self, keys: Sequence[Key]) -> Iterator[Rows]:
        self._check(keys)
        options, feed = self._options, FEEDS[keys[0].feed]
        venue = self._venues[spec_of(*keys[0].series).budget_id]
        if feed.way == "snapshot":
            return self._snapshot(keys, venue, feed)
        is_configured = keys[0].series in self._configured_series
        return venue.series_rows(
            self._series[keys[0]],
            feed,
            options.until,
            self._paged(keys),
            resumes=self._is_live or (is_configured and options.since is None),
            is_live=self._is_live,
        )

    def _snapshot(
        self, keys: Sequence[Key], venue: Venue, feed: Feed
    ) -> Iterator[Rows]:
        """What is true now of those that are listed; others fail by themselves."""
        series: dict[Key, Series] = {}
        for key in keys:
            try:
                series[key] = venue.series(self._series[key])
            except BadDataError as error:
                self._fail([key], error)
        if series:
            progress = self._paged(list(series))
            priority = self._series[keys[0]].priority
            rows = venue.snapshot_rows(list(series.values()), feed, priority, progress)
            yield from rows

    def _resource(
        self, keys: Sequence[Key], venue: str, rows: Callable[[], Iterator[Rows]]
    ) -> Resource:
        """The rows; what goes wrong upstream is kept, and ends this resource alone.

        The last resource of a venue to end closes its connections.
        """
        self._open[venue] += 1

        def guarded() -> Iterator[Rows]:
            try:
                with self._running(keys):
                    yield from rows()
            finally:
                self._open[venue] -= 1
                if not self._open[venue] and not self._keeps_clients:
                    self._clients.close(venue)

        return Resource(str(keys[0]), guarded)
