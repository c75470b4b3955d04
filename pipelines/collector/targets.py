"""What a configuration has collected: series, and the streams that each has."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from pipelines.config.model import DEFAULT_FEED, Configuration, InstrumentChoice
from pipelines.errors import SetupError
from pipelines.sources.exchange.choices import is_collected, rest_feeds, series_name

SeriesId = tuple[str, str]  # exchange_id, symbol

HISTORY = "history"  # in place of a feed, in the name of a history's planning


@dataclass(frozen=True)
class Targets:
    """What is collected.

    Attributes:
        series: by exchange and symbol.
        streams: the names of what each series is asked for by REST; none: its history
            comes from files alone.
        refused: why a series that is configured can not be collected.
    """

    series: Mapping[SeriesId, InstrumentChoice] = field(default_factory=dict)
    streams: Mapping[SeriesId, frozenset[str]] = field(default_factory=dict)
    refused: Mapping[SeriesId, SetupError] = field(default_factory=dict)

    def meant(self, exchange_id: str, pattern: str) -> list[SeriesId]:
        """The collected series that a row of config.instruments means."""
        return [
            series
            for series in self.series
            if series[0] == exchange_id and is_meant(series[1], pattern)
        ]

    def changed_since(self, before: "Targets") -> list[SeriesId]:
        """Series that were not collected before, or otherwise."""
        return [
            s for s, choice in self.series.items() if before.series.get(s) != choice
        ]


def targets_of(known: Configuration, exchanges: Collection[str] = ()) -> Targets:
    """What of `exchanges` (all by default) is collected."""
    series: dict[SeriesId, InstrumentChoice] = {}
    streams: dict[SeriesId, frozenset[str]] = {}
    refused: dict[SeriesId, SetupError] = {}
    for choice in known.instruments:
        name = (choice.exchange_id, choice.symbol)
        if exchanges and choice.exchange_id not in exchanges:
            continue
        if not any(is_collected(known, *name, feed) for feed in choice.feeds):
            continue
        try:
            feeds = rest_feeds(choice)
        except SetupError as error:
            refused[name] = error
            continue
        series[name] = choice
        streams[name] = frozenset(series_name(choice, feed) for feed in feeds)
    return Targets(series, streams, refused)


def is_meant(symbol: str, pattern: str) -> bool:
    """Whether a row of config.instruments means the symbol; * stands for anything."""
    first, *others = pattern.split("*")
    if not others:
        return symbol == pattern
    *middle, last = others
    if not symbol.startswith(first):
        return False
    at = len(first)
    for part in middle:
        found = symbol.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(symbol) - at >= len(last) and symbol.endswith(last)


def plan_name(series: SeriesId) -> str:
    """How the planning of a series' history is called among streams."""
    return " ".join((*series, HISTORY))


def series_of(stream: str) -> SeriesId:
    """The series of a stream's name."""
    exchange_id, symbol, *_ = stream.split(" ")
    return exchange_id, symbol


def feed_of(stream: str) -> str:
    """What a stream is of; candles have the series' own name."""
    _, _, *feed = stream.split(" ")
    return feed[0] if feed else DEFAULT_FEED
