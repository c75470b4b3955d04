"""Files of a recording, served byte for byte: `DIR/<venue>/archive/data/…`."""

import hashlib
from dataclasses import dataclass
from pathlib import Path


def digest(content: bytes) -> str:
    """The sha256 in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True)
class Recorded:
    """A file as it lies there now."""

    path: str
    source: Path

    @property
    def published_at_ms(self) -> int:
        return int(self.source.stat().st_mtime) * 1000

    def size(self) -> int:
        return self.source.stat().st_size

    def content(self) -> bytes:
        return self.source.read_bytes()

    def digest(self) -> str:
        return digest(self.content())


class RecordedTree:
    """What lies below a folder; looked at anew each time, so that it may change."""

    def __init__(self, root: Path | None) -> None:
        self._root = root.resolve() if root and root.is_dir() else None

    def paths(self) -> dict[str, Path]:
        """Every file by its path below the archive's address."""
        if self._root is None:
            return {}
        return {
            source.relative_to(self._root).as_posix(): source
            for source in self._root.rglob("*")
            if source.is_file()
        }

    def file(self, path: str) -> Recorded | None:
        """The file of a path, unless it leads out of the folder."""
        if self._root is None or not path:
            return None
        source = (self._root / path).resolve()
        if not source.is_relative_to(self._root) or not source.is_file():
            return None
        return Recorded(path, source)
