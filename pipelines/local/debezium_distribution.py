"""Debezium Server's programs: of its 708 MB only the runner, `lib/` and `config/`.

Unpacked once into the user's cache under another name, counted, renamed: a killed
unpacking is never used. The archive, whose sum was checked, is then removed.
https://debezium.io/documentation/reference/3.6/operations/debezium-server.html
"""

import errno
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from pipelines.local import lock
from pipelines.local.artifacts import Artifacts
from pipelines.local.service import Say, UnavailableError

NAME = "debezium"
KEPT_FOLDERS = ("lib", "config")
RUNNER = "-runner.jar"
MARKER = "complete.json"
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
        """What `java -cp` gets, as the distribution's own run.sh does it."""
        (runner,) = self.root.glob(f"*{RUNNER}")
        parts = (runner, self.root / "config" / "lib", self.root / "lib" / "*")
        return os.pathsep.join(map(str, parts))

    def fetch(self, say: Say) -> None:
        """Download and unpack it, unless it is here whole.

        Raises:
            UnavailableError: no network, no room, or not what the lock names.
        """
        if self.is_whole():
            return
        self.artifacts.fetch(say)
        with lock.held(self.cache_dir / "debezium.lock", say, wait_s=3600):
            if not self.is_whole():
                self.artifacts.verify()
                say(f"unpacking Debezium Server to {self.root}")
                self._unpack(*self.artifacts.paths())

    def is_whole(self) -> bool:
        """Whether every file that was unpacked is there in its size."""
        try:
            facts = json.loads((self.root / MARKER).read_text(encoding="utf-8"))
        except (OSError, json.JSONDecodeError):
            return False
        return bool(facts == _sizes(self.root))

    def _unpack(self, archive: Path) -> None:
        for left in self.cache_dir.glob(f"{PARTIAL}*"):
            shutil.rmtree(left)
        partial = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=self.cache_dir))
        try:
            facts = dict(_extract(archive, partial))
            (partial / MARKER).write_text(json.dumps(facts), encoding="utf-8")
            if self.root.exists():
                self.root.rename(self.cache_dir / f"{PARTIAL}damaged-{os.getpid()}")
            partial.rename(self.root)
            archive.unlink()
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise UnavailableError(
                f"the disk of {self.cache_dir} is full: free 500 MB there, or set "
                "BULLION_CACHE_DIR to another disk"
            ) from None
        finally:
            shutil.rmtree(partial, ignore_errors=True)


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


def _sizes(root: Path) -> dict[str, int]:
    files = [path for path in root.rglob("*") if path.is_file() and path.name != MARKER]
    return {path.relative_to(root).as_posix(): path.stat().st_size for path in files}
