"""The work on one chunk: one load, of an archive's files or by an upstream's route."""

from collections.abc import Callable, Sequence

from pipelines.backfill.chunk import ARCHIVE, Chunk, Plan
from pipelines.bronze.delivery import Resource, Source
from pipelines.bronze.tables import Table
from pipelines.sources.connectors import Connectors
from pipelines.upstream.progress import Progress


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

    def resources(self) -> Sequence[Resource]:
        """The source's."""
        return self._source.resources()

    @property
    def doubts(self) -> Sequence[str]:
        """What it brought that may be wrong."""
        return list(getattr(self._source, "doubts", ()))

    @property
    def is_cut_short(self) -> bool:
        """Whether it was ended before it had the whole extent."""
        return bool(getattr(self._source, "ended", ()))


class ChunkProgress:
    """Adds a chunk to the progress of the whole, and never more than it has.

    Raises what `check` raises, in the thread that loads: so a load is stopped.
    """

    def __init__(
        self,
        progress: Progress,
        chunk: Chunk,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._progress = progress
        self._left = chunk.extent.steps
        self._check = check

    def planned(self, steps: int) -> None:
        """The whole was planned before."""

    def answered(self, steps: int, rows: int) -> None:
        """Count steps of the chunk, no more than it has left."""
        self._check()
        counted = min(steps, self._left)
        self._left -= counted
        self._progress.answered(counted, rows)

    def finished(self) -> None:
        """Count what bronze had before."""
        self._progress.answered(self._left, 0)
        self._left = 0


def source_of(
    plan: Plan, chunk: Chunk, connectors: Connectors, progress: Progress
) -> ChunkSource:
    """The source of the chunk, and nothing else."""
    if chunk.route == ARCHIVE:
        archive, again = connectors.archive(), chunk.reason is not None
        return ChunkSource(chunk, archive.source(chunk.files, progress, again=again))
    upstream = connectors.of_feed(plan.feed)
    return ChunkSource(chunk, upstream.history(plan.key, chunk.extent, progress))
