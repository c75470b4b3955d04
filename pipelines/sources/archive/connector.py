"""The archive as the backfill uses it: the listed files, and their source."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pipelines.bronze.delivery import Source
from pipelines.config.model import Since
from pipelines.sources.archive.attempt import EXCHANGE_ID
from pipelines.sources.archive.file_types import FEEDS
from pipelines.sources.archive.files import ArchiveFile, series_of
from pipelines.sources.archive.source import ArchiveSource, listed
from pipelines.upstream.connector import Context, File
from pipelines.upstream.extents import at
from pipelines.upstream.feed import Feed, Key, Span
from pipelines.upstream.options import LoadOptions
from pipelines.upstream.progress import Progress


class ArchiveFiles:
    """The files of the archive's host."""

    def __init__(self, context: Context) -> None:
        self._config = context.config

    def files(self, key: Key, feed: Feed, span: Span) -> Sequence[File]:
        """What the archive lists: whole months by the month, else days.

        Raises:
            UpstreamError: the host did not list them.
        """
        name = next((name for name in FEEDS if name in feed.archived[:1]), None)
        if key.scope != EXCHANGE_ID or name is None:
            return []
        if series_of(EXCHANGE_ID, key.subject, name) is None:
            return []
        options = LoadOptions(
            [EXCHANGE_ID], [key.subject], [name], Since(at=at(span[0])), at(span[1])
        )
        return [_file(file) for file in listed(self._config.current, options)]

    def source(
        self, files: Sequence[dict[str, Any]], progress: Progress, *, again: bool
    ) -> Source:
        """The source of these files, and nothing else."""
        chosen = [ArchiveFile(**{**f, "covers": tuple(f["covers"])}) for f in files]
        options, config = LoadOptions(again=again), self._config.current
        return ArchiveSource(config, options, files=chosen, progress=progress)


def _file(file: ArchiveFile) -> File:
    return File(
        file.path,
        file.period,
        file.covers,
        file.bytes_count or 0,
        file.published_at_ms or 0,
        asdict(file),
    )
