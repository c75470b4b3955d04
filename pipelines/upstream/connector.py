"""An upstream as the collector and the backfill use it, whatever it is.

`SourceSpec.connector` makes one of a source. A target says what is collected; a route
says how history is asked for; a load of either is a `KeyedSource`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from pipelines.bronze.delivery import Source
from pipelines.config.listener import ConfigProvider
from pipelines.config.model import Configuration, Priority, Since
from pipelines.errors import SetupError
from pipelines.upstream.feed import Extent, Feed, Key, SeriesId, Span
from pipelines.upstream.progress import Progress
from pipelines.upstream.running_tasks import RunningTasks

FileVersion = tuple[str, int, int]  # path, bytes, when it was published (ms)
Answered = Callable[[Key], None]


@dataclass(frozen=True)
class Context:
    """What a connector works with: the configuration in force, the tasks that run."""

    config: ConfigProvider
    tasks: RunningTasks = field(default_factory=RunningTasks)


@dataclass(frozen=True)
class Target:
    """A series to collect.

    Attributes:
        source: whose series it is.
        feeds: what is collected of it, from `since` on.
        live: what of that the upstream is asked for again and again; the rest comes as
            history, from files.
        every_s: how often there is something new of it; None: nobody knows.
        choice: the row of the configuration, as the source knows it.
    """

    source: str
    scope: str
    subject: str
    feeds: Sequence[str]
    live: Sequence[str]
    since: Since
    priority: Priority
    every_s: float | None = None
    choice: Any = None

    @property
    def series(self) -> SeriesId:
        """Who is asked about what."""
        return self.scope, self.subject

    @property
    def live_keys(self) -> frozenset[Key]:
        """What is asked for live."""
        return frozenset(Key(self.scope, self.subject, feed) for feed in self.live)


@dataclass(frozen=True)
class RequestRoute:
    """How an upstream gives the history of a feed, request by request.

    Attributes:
        name: how a chunk that comes by it is called.
        seconds: how long one request waits for our share of the upstream's limits,
            once a first burst is spent.
        page: how much of an extent one request may ask for; None: any of it.
        page_rows: rows of a page, where pages are counted so (trades).
        rows_a_day: how many rows a day is expected to have; see `page_rows`.
        window: the upstream gives only so much of the newest; None: all.
        chunks: an extent's spans as parts that are loaded at once.
        cost: what so many steps cost of a quota, in words; None: there is none.
    """

    method: str
    seconds: float
    chunks: Callable[[Sequence[Span]], Iterator[Span]]
    page: int | None = None
    page_rows: int | None = None
    rows_a_day: float = 0
    window: int | None = None
    name: str = "rest"
    cost: Callable[[int], str] | None = None


@dataclass(frozen=True)
class File:
    """A file that an archive lists; `facts` is what its source needs of it."""

    path: str
    period: str
    covers: Span
    bytes_count: int
    published_at_ms: int
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def version(self) -> FileVersion:
        """Differs where the same file is published again."""
        return self.path, self.bytes_count, self.published_at_ms


@runtime_checkable
class KeyedSource(Source, Protocol):
    """A source that says of each key what became of it."""

    @property
    def doubts(self) -> Sequence[str]:
        """What was loaded and may be wrong."""
        ...

    @property
    def failed(self) -> Mapping[Key, Exception]:
        """The errors of keys whose extraction failed."""
        ...

    @property
    def ended(self) -> Sequence[Key]:
        """The keys that were stopped before their end."""
        ...

    def whole(self) -> Sequence[Key]:
        """The keys that went on to their end, once all have ended."""
        ...


class Connector(Protocol):
    """One upstream, connected."""

    def targets(
        self, configuration: Configuration
    ) -> Mapping[SeriesId, Target | SetupError]:
        """What is configured to be collected, and what of it can not be."""
        ...

    def is_collected(self, configuration: Configuration, key: Key) -> bool:
        """Whether the configuration has the key collected."""
        ...

    def now(self, scope: str) -> int:
        """Where extents end: the upstream's clock in ms, or its highest number.

        Raises:
            SetupError: the source has no such scope.
            UpstreamError: it does not answer.
        """
        ...

    def route(self, key: Key) -> RequestRoute | None:
        """How history is asked for; None: it can not be."""
        ...

    def live(
        self, targets: Sequence[Target], *, goes_first: bool, answered: Answered
    ) -> KeyedSource:
        """What is new of these series; `answered` is called with the key of each page.

        `goes_first`: its requests stand before all others' of their upstream.
        """
        ...

    def history(self, key: Key, extent: Extent, progress: Progress) -> KeyedSource:
        """What an extent has, and nothing of it that is answered for."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


class Archive(Protocol):
    """Files that hold feeds of other sources."""

    def files(self, key: Key, feed: Feed, span: Span) -> Sequence[File]:
        """What is listed for the span; nothing where the archive has no such files.

        Raises:
            UpstreamError: the host did not list them.
        """
        ...

    def source(
        self, files: Sequence[dict[str, Any]], progress: Progress, *, again: bool
    ) -> Source:
        """The source of these files; `again`: refused ones are loaded again."""
        ...
