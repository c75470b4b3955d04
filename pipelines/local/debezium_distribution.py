"""Debezium Server's programs: of its 708 MB only the runner, `lib/` and `config/`.

Unpacked once into the user's cache under another name, counted, renamed: a killed
unpacking is never used. The archive, whose sum was checked, is then removed.
https://debezium.io/documentation/reference/3.6/operations/debezium-server.html
"""

import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from pipelines.local import lock
from pipelines.local.artifacts import Artifacts
from pipelines.local.service import Say, UnavailableError
from pipelines.local.whole_folder import is_whole, make_whole

NAME = "debezium"
KEPT_FOLDERS = ("lib", "config")
RUNNER = "-runner.jar"
PARTIAL = ".partial-debezium-"


@dataclass(frozen=True)
class Distribution:
    """Debezium Server in `cache_dir`, in the version that the lock names."""

    cache_dir: Path

    @cached_property
    def artifacts(self) -> Artifacts:
        """The archive, as locked."""
        return Artifacts(NAME, self.cache_dir)

    @property
    def root(self) -> Path:
        """The folder that holds what was unpacked."""
        (archive,) = self.artifacts.locked
        name = f"debezium-server-{archive.version}-{archive.sha256[:12]}"
        return self.cache_dir / name

    @property
    def class_path(self) -> str:
        """What `java -cp` gets of the distribution's own run.sh, its jars.

        Not `config/lib`, which has settings for Cassandra alone: Java keeps no classes
        of a class path with a folder.
        """
        (runner,) = self.root.glob(f"*{RUNNER}")
        parts = (runner, self.root / "lib" / "*")
        return os.pathsep.join(map(str, parts))

    def fetch(self, say: Say) -> None:
        """Download and unpack it, unless it is here whole.

        Raises:
            UnavailableError: no network, no room, or not what the lock names.
        """
        if is_whole(self.root):
            return
        self.artifacts.fetch(say)
        with lock.held(self.cache_dir / "debezium.lock", say, wait_s=3600):
            if not is_whole(self.root):
                self.artifacts.verify()
                say(f"unpacking Debezium Server to {self.root}")
                self._unpack(*self.artifacts.paths())

    def _unpack(self, archive: Path) -> None:
        full = UnavailableError(
            f"the disk of {self.cache_dir} is full: free 500 MB there, or set "
            "BULLION_CACHE_DIR to another disk"
        )
        make_whole(
            self.root,
            lambda folder: dict(_extract(archive, folder)),
            prefix=PARTIAL,
            full=full,
        )
        archive.unlink()


def _extract(archive: Path, target: Path) -> Iterator[tuple[str, int]]:
    """Each file that is kept, by its path without the archive's top folder."""
    with tarfile.open(archive, "r|gz") as packed:
        for member in packed:
            path = PurePosixPath(*PurePosixPath(member.name).parts[1:])
            if member.isfile() and _is_kept(path):
                member.name = str(path)
                packed.extract(member, target, filter="data")
                yield member.name, member.size


def _is_kept(path: PurePosixPath) -> bool:
    if len(path.parts) == 1:
        return path.name.endswith(RUNNER)
    return bool(path.parts) and path.parts[0] in KEPT_FOLDERS
