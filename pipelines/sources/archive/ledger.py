"""The versions of files that finished loads have loaded, refused or missed."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from pipelines.sources.archive.files import ArchiveFile

Connection = psycopg.Connection[tuple[Any, ...]]

VERSIONS = Path(__file__).with_name("ledger.sql").read_bytes()


@dataclass(frozen=True)
class Version:
    """A row of `files`."""

    status: str
    bytes_count: int | None
    published_at_ms: int | None
    sha256: str | None


@dataclass(frozen=True)
class Ledger:
    """The versions of each path."""

    versions: dict[str, list[Version]] = field(default_factory=dict)

    def is_known(self, path: str) -> bool:
        """Whether a finished load has any version of the path."""
        return bool(self.versions.get(path))

    def settled(self, file: ArchiveFile) -> Version | None:
        """What became of this very version; None: it was not tried yet."""
        versions = self._of(file, "loaded") or self._of(file, "refused")
        return next(iter(versions), None)

    def loaded_sha256(self, file: ArchiveFile) -> set[str | None]:
        """The checksums of this very version, as far as it was loaded."""
        return {version.sha256 for version in self._of(file, "loaded")}

    def _of(self, file: ArchiveFile, status: str) -> list[Version]:
        """Rows of this version; of any, where the listed one is unknown."""
        listed = (file.bytes_count, file.published_at_ms)
        return [
            version
            for version in self.versions.get(file.path, ())
            if version.status == status
            and (
                file.published_at_ms is None
                or (version.bytes_count, version.published_at_ms) == listed
            )
        ]


def read(connect: Callable[[], Connection], paths: Sequence[str]) -> Ledger:
    """The ledger of `paths`, as finished loads left it."""
    versions: dict[str, list[Version]] = defaultdict(list)
    with connect() as connection, psycopg.RawCursor(connection) as cursor:
        for path, *version in cursor.execute(VERSIONS, (list(paths),)):
            versions[path].append(Version(*version))
    return Ledger(dict(versions))
