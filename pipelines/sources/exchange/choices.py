"""What a load is about: the operator's configuration, narrowed by what was asked."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from pipelines.config.model import (
    DEFAULT_FEED,
    Configuration,
    Feed,
    InstrumentChoice,
    Since,
)
from pipelines.errors import SetupError
from pipelines.sources.exchange.endpoints import is_asked
from pipelines.sources.exchange.feeds import ELSEWHERE, FEEDS
from pipelines.sources.exchange.venues import VENUES, spec_of
from pipelines.upstream.feed import LEAST_LIVE
from pipelines.upstream.feed import Feed as FeedDeclaration
from pipelines.upstream.options import LoadOptions

DEFAULT_SINCE = Since(before_now=timedelta(days=1))


def chosen(
    config: Configuration,
    options: LoadOptions,
    refused: list[Exception] | None = None,
) -> list[InstrumentChoice]:
    """The series to load, each once.

    An exchange or a symbol that is named counts even where it is not enabled; both
    named: every symbol on every exchange. A configured series that can not be
    collected from its venue is left out; `refused` gets the reasons.

    Raises:
        SetupError: names what is unknown, and what there is.
    """
    _check_exchanges([*config.exchanges, *options.scopes])
    feeds = declared_feeds("--feed", options.feeds)
    if options.scopes and options.subjects:
        series = [
            _choice_of(config, exchange_id, symbol)
            for exchange_id in dict.fromkeys(options.scopes)
            for symbol in dict.fromkeys(options.subjects)
        ]
    else:
        series = _collectable(_narrowed(config, options), refused)
    if not series:
        raise SetupError("no enabled instrument of config.instruments fits")
    return [
        replace(
            choice,
            since=options.since or choice.since,
            priority=options.priority or choice.priority,
            feeds=feeds or _feeds(choice, options),
        )
        for choice in series
    ]


def declared_feeds(about: str, names: Sequence[str]) -> tuple[str, ...]:
    """These feeds, in the order of their declaration.

    Raises:
        SetupError: one is not declared; names those that are.
    """
    for name in names:
        if name in ELSEWHERE:
            raise SetupError(f"{about}: {name!r} is no feed: {ELSEWHERE[name]}")
        if name not in FEEDS:
            raise SetupError(
                f"{about}: {name!r} is no feed; there are {', '.join(FEEDS)}"
            )
    return tuple(name for name in FEEDS if name in names)


def _feeds(choice: InstrumentChoice, options: LoadOptions) -> Sequence[Feed]:
    """The feeds to load of a series; none: its market's listing alone.

    A series that is configured may be one whose feeds come from elsewhere.
    """
    if options.subjects:
        return (DEFAULT_FEED,)
    return rest_feeds(choice)


def live_since_ms(since: Since, feed: FeedDeclaration, venue_now_ms: int) -> int:
    """Where live begins of a series without rows; what lies before is history."""
    earliest_ms, latest_ms = (
        Since(before_now=ago).instant_ms(venue_now_ms)
        for ago in (feed.live, LEAST_LIVE)
    )
    return min(max(since.instant_ms(venue_now_ms), earliest_ms), latest_ms)


def rest_feeds(choice: InstrumentChoice) -> Sequence[Feed]:
    """What of the series' feeds the venue gives by REST.

    Raises:
        SetupError: contracts of this kind are not collected from the venue.
    """
    routes = spec_of(choice.exchange_id, choice.symbol).routes
    return tuple(
        feed for feed in declared_feeds("feeds", choice.feeds) if feed in routes
    )


def is_collected(
    config: Configuration, exchange_id: str, symbol: str, feed: str
) -> bool:
    """Whether the configuration has the series' feed collected."""
    choice = config.series.get((exchange_id, symbol))
    return (
        choice is not None
        and choice.is_enabled
        and feed in choice.feeds
        and config.exchanges[exchange_id].is_enabled
        and is_asked(config, exchange_id)
    )


def _collectable(
    series: Sequence[InstrumentChoice], refused: list[Exception] | None
) -> list[InstrumentChoice]:
    collectable = []
    for choice in series:
        try:
            spec_of(choice.exchange_id, choice.symbol)
        except SetupError as error:
            if refused is not None:
                refused.append(error)
        else:
            collectable.append(choice)
    return collectable


def _check_exchanges(exchange_ids: Sequence[str]) -> None:
    unknown = [name for name in dict.fromkeys(exchange_ids) if name not in VENUES]
    if unknown:
        raise SetupError(
            f"unknown exchange {', '.join(unknown)}; known: {', '.join(VENUES)}"
        )


def _choice_of(
    config: Configuration, exchange_id: str, symbol: str
) -> InstrumentChoice:
    return config.series.get((exchange_id, symbol)) or InstrumentChoice(
        exchange_id, symbol, DEFAULT_SINCE, priority="live", is_enabled=True
    )


def _narrowed(config: Configuration, options: LoadOptions) -> list[InstrumentChoice]:
    enabled = [choice for choice in config.instruments if choice.is_enabled]
    if options.scopes:
        choices = [c for c in enabled if c.exchange_id in options.scopes]
        missing = set(options.scopes) - {c.exchange_id for c in choices}
        what = "instrument configured on"
    else:
        choices = [
            c
            for c in enabled
            if config.exchanges[c.exchange_id].is_enabled
            and is_asked(config, c.exchange_id)
        ]
        if options.subjects:
            choices = [c for c in choices if c.symbol in options.subjects]
        missing = set(options.subjects) - {c.symbol for c in choices}
        what = "enabled exchange has"
    if missing:
        raise SetupError(f"no {what} {', '.join(sorted(missing))}")
    return choices
