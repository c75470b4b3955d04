"""A file as the archive shows it: as it is, or spoilt by the faults that are on."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from pipelines.sandbox.archive.recorded import digest
from pipelines.sandbox.archive.zipped import changed, frozen
from pipelines.sandbox.faults import Fault

# A file is told to be published again no earlier than this after its first version.
_AGAIN_AFTER_MS = 1000


class File(Hashable, Protocol):
    """A zip of the archive."""

    @property
    def path(self) -> str:
        """Where it lies below the archive's address."""

    @property
    def published_at_ms(self) -> int:
        """When it appeared."""

    def size(self) -> int:
        """Its bytes, as the listing tells them."""

    def content(self) -> bytes:
        """The zip."""

    def digest(self) -> str:
        """Its sha256 in hexadecimal digits."""


@dataclass(frozen=True)
class Version:
    """A file and the faults that strike it."""

    file: File
    faults: Sequence[Fault] = ()

    def _of(self, kind: str) -> list[Fault]:
        return [fault for fault in self.faults if fault.kind == kind]

    @property
    def published_at_ms(self) -> int:
        """When this version appeared."""
        first = self.file.published_at_ms
        again = [
            max(fault.at_ms // 1000 * 1000, first + n * _AGAIN_AFTER_MS)
            for n, fault in enumerate(self._of("archive_republished"), start=1)
        ]
        return max([first, *again])

    @property
    def is_listed(self) -> bool:
        """Whether the listing shows it."""
        missing = self._of("archive_missing")
        return all(fault.variant == "listed" for fault in missing)

    @property
    def is_there(self) -> bool:
        """Whether it can be fetched."""
        return not self._of("archive_missing")

    def size(self) -> int:
        """Its bytes, as the listing tells them."""
        if self._of("archive_republished") or self._is_frozen:
            return len(self._stored())
        whole = self.file.size()
        return whole // 2 if self._of("archive_truncated") else whole

    @property
    def _is_frozen(self) -> bool:
        return bool(self._of("archive_frozen")) and "/bookDepth/" in self.file.path

    def _whole(self) -> bytes:
        changes = len(self._of("archive_republished"))
        first, at_ms = self.file.published_at_ms, self.published_at_ms
        whole = (
            _changed(self.file, first, changes, at_ms)
            if changes
            else self.file.content()
        )
        return frozen(whole, at_ms) if self._is_frozen else whole

    def _stored(self) -> bytes:
        whole = self._whole()
        return whole[: len(whole) // 2] if self._of("archive_truncated") else whole

    def content(self) -> bytes:
        """The bytes that are sent."""
        stored = self._stored()
        if any(f.variant != "checksum" for f in self._of("archive_checksum")):
            middle = len(stored) // 2
            spoilt = bytes([stored[middle] ^ 1])
            return stored[:middle] + spoilt + stored[middle + 1 :]
        return stored

    def checksum(self) -> bytes:
        """The line of its `.CHECKSUM`."""
        digest_ = self._digest()
        if any(f.variant == "checksum" for f in self._of("archive_checksum")):
            digest_ = ("1" if digest_[0] == "0" else "0") + digest_[1:]
        name = self.file.path.rpartition("/")[2]
        return f"{digest_}  {name}\n".encode()

    def _digest(self) -> str:
        truncated = self._of("archive_truncated")
        if any(fault.variant == "original" for fault in truncated):
            return digest(self._whole())
        if truncated or self._of("archive_republished") or self._is_frozen:
            return digest(self._stored())
        return self.file.digest()


@lru_cache(maxsize=8)
def _changed(file: File, first_ms: int, changes: int, at_ms: int) -> bytes:  # noqa: ARG001 (a recorded file may be replaced)
    return changed(file.content(), changes, at_ms)
