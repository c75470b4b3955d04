"""The archive source, declared; its files are of the feeds that name them."""

from pipelines.sources.archive.tables import TABLES
from pipelines.upstream.feed import SourceSpec

SPEC = SourceSpec("archive", TABLES)
