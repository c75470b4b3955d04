"""One file of the locked Maven artifacts."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Locked:
    """A file that the lock names."""

    group: str
    artifact: str
    version: str
    packaging: str
    sha256: str

    @property
    def file_name(self) -> str:
        """Its name in any repository."""
        return f"{self.artifact}-{self.version}.{self.packaging}"

    @property
    def path(self) -> Path:
        """Where it lies in any repository."""
        return Path(*self.group.split("."), self.artifact, self.version, self.file_name)
