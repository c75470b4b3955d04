"""The archive source, declared; its files are of the feeds that name them."""

from typing import TYPE_CHECKING

from pipelines.sources.archive.tables import TABLES
from pipelines.upstream.feed import SourceSpec

if TYPE_CHECKING:  # polars and the client take a second to import
    from pipelines.upstream.connector import Archive, Context


def _archive(context: "Context") -> "Archive":
    from pipelines.sources.archive.connector import ArchiveFiles  # noqa: PLC0415

    return ArchiveFiles(context)


SPEC = SourceSpec("archive", TABLES, archive=_archive)
