"""The work on one chunk: one load, of an archive's files or of a REST span."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pipelines.backfill.ledger import Chunk, Plan
from pipelines.backfill.upstreams import archive_source
from pipelines.bronze.delivery import Source, Stream
from pipelines.bronze.tables import Table
from pipelines.config.listener import ConfigProvider
from pipelines.config.model import Configuration, Since
from pipelines.sources.exchange.choices import ExchangeOptions
from pipelines.sources.exchange.source import ExchangeSource
from pipelines.upstream.progress import Progress
from pipelines.upstream.running_tasks import RunningTasks


class ChunkSource:
    """A source under the chunk's own lock.

    Neither live loads of the series nor its other chunks wait for it: their spans are
    others, and what two of them bring alike stands in gold once.
    """

    def __init__(self, chunk: Chunk, source: Source) -> None:
        self.name = source.name
        self.tables: Sequence[Table] = source.tables
        self.failures = source.failures
        self._chunk = chunk
        self._source = source

    def lock_keys(self) -> Sequence[str]:
        """The chunk's."""
        return [f"chunk {self._chunk.chunk_id}"]

    def streams(self) -> Sequence[Stream]:
        """The source's."""
        return self._source.streams()

    @property
    def is_cut_short(self) -> bool:
        """Whether it was ended before it had the whole span."""
        return bool(getattr(self._source, "ended", ()))


class ChunkWatch:
    """Tells a watch of the whole what a chunk brings, and never more than its minutes.

    Raises what `check` raises, in the thread that loads: so a load is stopped.
    """

    def __init__(
        self, watch: Progress, chunk: Chunk, check: Callable[[], None] = lambda: None
    ) -> None:
        self._watch = watch
        self._left = chunk.minutes
        self._check = check

    def planned(self, minutes: int) -> None:
        """The whole was planned before."""

    def answered(self, minutes: int, rows: int) -> None:
        """Told on, as far as the chunk goes."""
        self._check()
        told = min(minutes, self._left)
        self._left -= told
        self._watch.answered(told, rows)

    def finished(self) -> None:
        """What was held already counts, too."""
        self._watch.answered(self._left, 0)
        self._left = 0


@dataclass(frozen=True)
class _Once:
    """A configuration by which nothing is read again that is answered for.

    So a chunk that was cut short asks for the rest of it alone.
    """

    configured: ConfigProvider

    @property
    def current(self) -> Configuration:
        known = self.configured.current
        return replace(known, thresholds=replace(known.thresholds, reread_candles=0))


def source_of(
    plan: Plan,
    chunk: Chunk,
    configured: ConfigProvider,
    watch: Progress,
    streams: RunningTasks | None = None,
) -> ChunkSource:
    """The source that brings the chunk, and nothing else."""
    if chunk.route == "archive":
        again = chunk.reason is not None
        files = archive_source(chunk.files, configured.current, watch, again=again)
        return ChunkSource(chunk, files)
    options = ExchangeOptions(
        exchanges=[plan.exchange_id],
        symbols=[plan.symbol],
        since=Since(at=chunk.since_at),
        until=chunk.until_at,
        priority="history",
        feeds=[plan.feed],
    )
    known = _Once(configured)
    source = ExchangeSource(known, options, watch=watch, streams=streams)
    return ChunkSource(chunk, source)
