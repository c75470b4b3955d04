"""Maven artifacts as locked in `maven/<name>`: downloaded once, checked by their sums.

`jgo.toml` says what is wanted, `jgo.lock.toml` has every file of it with its sha256;
neither names an address: Maven Central serves, or what the user's jgo settings name.
https://github.com/apposed/jgo
"""

import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pipelines.local import lock
from pipelines.local.locked_file import Locked
from pipelines.local.service import Say, UnavailableError
from pipelines.terminal.progress import download_bar

FOLDER = Path(__file__).parent / "maven"
DOWNLOAD_WAIT_S = 3600  # another process downloads the same


@dataclass(frozen=True)
class Artifacts:
    """The artifacts of `maven/<name>`, kept in `cache_dir` for all checkouts."""

    name: str
    cache_dir: Path
    folder: Path = FOLDER

    @property
    def repository(self) -> Path:
        """Where the files lie, as Maven lays them."""
        return self.cache_dir / "maven"

    @property
    def lock_file(self) -> Path:
        """The committed lock."""
        return self.folder / self.name / "jgo.lock.toml"

    @cached_property
    def locked(self) -> list[Locked]:
        """What the lock names."""
        lock = tomllib.loads(self.lock_file.read_text(encoding="utf-8"))
        return [
            Locked(
                entry["groupId"],
                entry["artifactId"],
                entry["version"],
                entry["packaging"],
                entry["sha256"],
            )
            for entry in lock["dependencies"]
        ]

    def paths(self) -> list[Path]:
        """The files, in the lock's order, here or not."""
        return [self.repository / one.path for one in self.locked]

    def missing(self) -> list[Locked]:
        """Those that are not here; a download broken off is not here."""
        return [one for one in self.locked if not (self.repository / one.path).exists()]

    def fetch(self, say: Say) -> None:
        """Download what is not here.

        Raises:
            UnavailableError: no network, no room, or not what the lock names.
        """
        if not self.missing():
            return
        # not before it is needed: it imports an HTTP library that nothing else uses
        from pipelines.local.artifact_download import download  # noqa: PLC0415

        with lock.held(self.cache_dir / "maven.lock", say, wait_s=DOWNLOAD_WAIT_S):
            missing = self.missing()
            say(f"downloading {self.name}: {len(missing)} files to {self.repository}")
            with download_bar(self.name) as progress:
                download(missing, self.repository, progress)

    def verify(self) -> None:
        """Refuse files that are not what the lock names; they are removed.

        Raises:
            UnavailableError: names them.
        """
        from jgo.env import LockFile  # noqa: PLC0415  # as above

        damaged = LockFile.load(self.lock_file).verify_checksums(self.repository)
        if not damaged:
            return
        for path in self.paths():
            path.unlink(missing_ok=True)
        raise UnavailableError(
            f"files of {self.name} in {self.repository} are not what the lock names, "
            f"and were removed: {'; '.join(damaged)}. Run `bullion up {self.name}` "
            "again"
        )
