"""The venues as the collector and the backfill use them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property, partial

from pipelines import warehouse
from pipelines.config.listener import ConfigProvider
from pipelines.config.model import Configuration, InstrumentChoice, Since
from pipelines.errors import SetupError
from pipelines.sources.exchange.choices import is_collected, rest_feeds
from pipelines.sources.exchange.clients import Clients
from pipelines.sources.exchange.endpoints import address
from pipelines.sources.exchange.feeds import FEEDS
from pipelines.sources.exchange.routes import SnapshotRoute, VenueSpec, WalkRoute
from pipelines.sources.exchange.source import ExchangeSource
from pipelines.sources.exchange.venues import VENUES, spec_of
from pipelines.upstream.budget import share_of
from pipelines.upstream.clock import EndingClock
from pipelines.upstream.connector import Answered, Context, RequestRoute, Target
from pipelines.upstream.extents import at, by_day, by_month
from pipelines.upstream.feed import Extent, Key, SeriesId
from pipelines.upstream.options import LoadOptions
from pipelines.upstream.progress import Progress

# no venue says how many trades a day has: a busy pair of a large one
TRADES_A_DAY = 50_000.0


@dataclass(frozen=True)
class _Once:
    """A configuration by which nothing is read again that is answered for.

    So a chunk that was cut short asks for the rest of it alone.
    """

    config: ConfigProvider

    @property
    def current(self) -> Configuration:
        config = self.config.current
        return replace(config, thresholds=replace(config.thresholds, reread_candles=0))


class ExchangeConnector:
    """The venues; clients stay connected from load to load."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def targets(
        self, configuration: Configuration
    ) -> Mapping[SeriesId, Target | SetupError]:
        """The instruments that are collected, and those that can not be."""
        return {
            (choice.exchange_id, choice.symbol): _target(choice, configuration)
            for choice in configuration.instruments
            if any(
                is_collected(configuration, choice.exchange_id, choice.symbol, feed)
                for feed in choice.feeds
            )
        }

    def is_collected(self, configuration: Configuration, key: Key) -> bool:
        """Whether instrument, feed, exchange and endpoint are enabled."""
        return is_collected(configuration, *key)

    def now(self, scope: str) -> int:
        """The venue's clock: by its last answer, else the venue is asked.

        Raises:
            SetupError: there is no such venue.
            UpstreamError: it does not answer.
        """
        return self._clients.of(_venue(scope), "live").venue_now_ms([])

    def route(self, key: Key) -> RequestRoute | None:
        """How the symbol's market gives the feed; None: it does not."""
        venue = spec_of(key.scope, key.subject)
        route = venue.routes.get(key.feed)
        if route is None or isinstance(route, SnapshotRoute):
            return None
        share = share_of(self._context.config.current, key.scope)
        seconds = route.weight / venue.limits[route.limit].per_second(share)
        asked = partial(RequestRoute, route.method, seconds)
        window: int | None = None
        if route.reach is not None:
            window = route.reach // timedelta(milliseconds=1)
        if isinstance(route, WalkRoute):
            return asked(
                by_day,
                page_rows=route.page_rows,
                rows_a_day=TRADES_A_DAY,
                window=window,
            )
        step = FEEDS[key.feed].axis.step
        page = None if route.page_steps is None else route.page_steps * step
        if window is None and route.window_steps is not None:
            window = route.window_steps * step
        return asked(by_month, page=page, window=window)

    def live(
        self, targets: Sequence[Target], *, goes_first: bool, answered: Answered
    ) -> ExchangeSource:
        """What is new of these instruments."""
        return ExchangeSource(
            self._context.config,
            live=[target.choice for target in targets],
            goes_first=goes_first,
            tasks=self._context.tasks,
            clients=self._clients,
            answered=answered,
        )

    def history(self, key: Key, extent: Extent, progress: Progress) -> ExchangeSource:
        """What a span of an instrument's feed has, by REST."""
        options = LoadOptions(
            scopes=[key.scope],
            subjects=[key.subject],
            since=Since(at=at(extent.start)),
            until=at(extent.end),
            priority="history",
            feeds=[key.feed],
        )
        config = _Once(self._context.config)
        tasks = self._context.tasks
        return ExchangeSource(config, options, progress=progress, tasks=tasks)

    def close(self) -> None:
        """Close the connections."""
        self._clients.close()

    @cached_property
    def _clients(self) -> Clients:
        clock = EndingClock(self._context.tasks.ending)
        return Clients(self._context.config, _connect, clock)


def check(table: str, key: Sequence[str], configuration: Configuration) -> None:
    """Raises SetupError where an endpoint names no setting."""
    endpoint = configuration.endpoints.get(key[0])
    if table == "endpoints" and endpoint and endpoint.is_enabled:
        address(configuration, endpoint.endpoint)


def _target(
    choice: InstrumentChoice, configuration: Configuration
) -> Target | SetupError:
    try:
        live = rest_feeds(choice)
    except SetupError as error:
        return error
    return Target(
        source="exchange",
        scope=choice.exchange_id,
        subject=choice.symbol,
        feeds=choice.feeds,
        live=live,
        since=choice.since,
        priority=choice.priority,
        every_s=_every_s(live, configuration),
        choice=choice,
    )


def _every_s(feeds: Sequence[str], configuration: Configuration) -> float | None:
    """How often the most frequent of them that has a cadence is asked for."""
    turned = (FEEDS[feed].turned(configuration.thresholds) for feed in feeds)
    steps = [feed.axis.step / 1000 for feed in turned if feed.cadence]
    return min(steps, default=None)


def _connect() -> warehouse.Connection:
    return warehouse.connect("loader", warehouse.process_name("exchange requests"))


def _venue(exchange_id: str) -> VenueSpec:
    if exchange_id not in VENUES:
        raise SetupError(f"unknown exchange {exchange_id}; known: {', '.join(VENUES)}")
    return VENUES[exchange_id]
