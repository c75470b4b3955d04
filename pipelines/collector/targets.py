"""What a configuration has collected: series, and what each is asked for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipelines.config.model import Configuration
from pipelines.config.rows import configuration
from pipelines.errors import SetupError, UpstreamError
from pipelines.sources.connectors import ALL, Chosen, Connectors, connected
from pipelines.sources.preflight import absent, addresses_of
from pipelines.upstream.connector import Target
from pipelines.upstream.feed import Key, SeriesId
from pipelines.upstream.options import LoadOptions

HISTORY = "history"  # in place of a feed: the planning of a series' history


@dataclass(frozen=True)
class Targets:
    """What is collected; `refused`: why a series that is configured can not be."""

    series: Mapping[SeriesId, Target] = field(default_factory=dict)
    refused: Mapping[SeriesId, SetupError] = field(default_factory=dict)

    @property
    def scopes(self) -> Mapping[str, float | None]:
        """Each scope, and how often there is something new of it, if that is known."""
        every: dict[str, float | None] = {}
        for (scope, _), target in self.series.items():
            known = [s for s in (every.get(scope), target.every_s) if s is not None]
            every[scope] = min(known, default=None)
        return every

    def live_keys(self, series: Iterable[SeriesId]) -> frozenset[Key]:
        """What these are asked for live."""
        keys = (self.series[one].live_keys for one in series if one in self.series)
        return frozenset().union(*keys)

    def meant(self, scope: str, pattern: str) -> list[SeriesId]:
        """The collected series that a row of the configuration means."""
        return [
            series
            for series in self.series
            if series[0] == scope and is_meant(series[1], pattern)
        ]

    def changed_since(self, before: "Targets") -> list[SeriesId]:
        """Series that were not collected before, or otherwise."""
        return [
            s for s, target in self.series.items() if before.series.get(s) != target
        ]


def targets_of(
    connectors: Connectors, configuration: Configuration, chosen: Chosen = ALL
) -> Targets:
    """What of the chosen is collected."""
    targets = connectors.targets(configuration, chosen)
    return Targets(
        {s: target for s, target in targets.items() if isinstance(target, Target)},
        {s: error for s, error in targets.items() if isinstance(error, SetupError)},
    )


def absent_of(chosen: Chosen = ALL) -> list[UpstreamError]:
    """Who of those that are to be collected does not answer now, and why."""
    config = configuration()
    with connected(config) as connectors:
        series = targets_of(connectors, config, chosen).series
    asked = {(target.source, scope) for (scope, _), target in series.items()}
    wanted = [(source, LoadOptions([scope])) for source, scope in sorted(asked)]
    return list(absent(addresses_of(wanted, config)).values())


def is_meant(subject: str, pattern: str) -> bool:
    """Whether a row of the configuration means the subject; * stands for anything."""
    first, *others = pattern.split("*")
    if not others:
        return subject == pattern
    *middle, last = others
    if not subject.startswith(first):
        return False
    at = len(first)
    for part in middle:
        start = subject.find(part, at)
        if start < 0:
            return False
        at = start + len(part)
    return len(subject) - at >= len(last) and subject.endswith(last)


def history_key(series: SeriesId) -> Key:
    """What stands among keys for the planning of a series' history."""
    return Key(*series, HISTORY)
