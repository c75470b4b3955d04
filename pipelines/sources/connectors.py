"""The connectors of all sources, each made when it is first asked for."""

import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from pipelines.config.listener import ConfigProvider, config_provider
from pipelines.config.model import Configuration
from pipelines.errors import SetupError
from pipelines.sources import spec_of_feed, specs
from pipelines.upstream.connector import Archive, Connector, Context, Target
from pipelines.upstream.feed import Key, SeriesId
from pipelines.upstream.running_tasks import RunningTasks


@dataclass(frozen=True)
class Chosen:
    """What of the configuration is collected: all of it, but for what is named here.

    Attributes:
        scopes: these venues and chains alone; none: all.
        sources: what is of these sources alone, also what is added to them; none: all.
    """

    scopes: Collection[str] = ()
    sources: Collection[str] = ()

    def has(self, source: str, scope: str) -> bool:
        """Whether this scope of the source is."""
        is_named = not self.scopes or scope in self.scopes
        return is_named and (not self.sources or source in self.sources)


ALL = Chosen()


class Connectors:
    """What is collected and backfilled goes through these. Threads may share them."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._made: dict[str, Connector] = {}
        self._lock = threading.Lock()

    def of(self, source: str) -> Connector:
        """The connector of a source that is collected."""
        with self._lock:
            if source not in self._made:
                (make,) = (s.connector for s in specs() if s.name == source)
                assert make is not None  # noqa: S101  # nobody asks for another
                self._made[source] = make(self.context)
            return self._made[source]

    def of_feed(self, feed: str) -> Connector:
        """The connector of the source that declares the feed."""
        return self.of(spec_of_feed(feed).name)

    def archive(self) -> Archive:
        """What lists files: one source does."""
        return next(s.archive(self.context) for s in specs() if s.archive)

    def targets(
        self, configuration: Configuration, chosen: Chosen = ALL
    ) -> Mapping[SeriesId, Target | SetupError]:
        """What of the chosen is configured to be collected."""
        return {
            series: target
            for name in (spec.name for spec in specs() if spec.connector)
            for series, target in self.of(name).targets(configuration).items()
            if chosen.has(name, series[0])
        }

    def is_collected(self, key: Key) -> bool:
        """Whether the configuration in force has the key collected."""
        return self.of_feed(key.feed).is_collected(self.context.config.current, key)

    def close(self) -> None:
        """Give back what the connectors hold."""
        with self._lock:
            while self._made:
                self._made.popitem()[1].close()


@contextmanager
def connected(
    config: ConfigProvider | Configuration, tasks: RunningTasks | None = None
) -> Iterator[Connectors]:
    """The connectors of all sources, until the block ends."""
    connectors = Connectors(Context(config_provider(config), tasks or RunningTasks()))
    try:
        yield connectors
    finally:
        connectors.close()
