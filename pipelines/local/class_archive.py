"""The classes of a Java service, kept for its next start, which then reads no jars.

A start of Kafka took 1.4 s of CPU with them and 2.4 s without, one of Debezium Server
2.4 and 4.1. They are written when the service is first stopped (5 and 10 s, 61 and
91 MB). Java starts without an archive that is damaged or of other programs.
https://docs.oracle.com/en/java/javase/25/vm/class-data-sharing.html
"""

import hashlib
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipelines.errors import BusyError, SetupError
from pipelines.local import java, lock
from pipelines.local.whole_folder import is_whole, make_whole, sizes

FILE = "classes.jsa"
TIMEOUT_S = 60  # a process that hangs is stopped without


@dataclass(frozen=True)
class ClassArchive:
    """What is kept in `folder`, once it is there."""

    folder: Path

    @classmethod
    def of(cls, cache_dir: Path, name: str, class_path: str) -> "ClassArchive":
        """That of a service of this name, for all checkouts with the same programs."""
        release = java.java().parent.parent / "release"
        parts = (release.read_text(encoding="utf-8"), class_path, *java.FLAGS)
        key = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]
        return cls(cache_dir / f"{name}-classes-{key}")

    @property
    def flags(self) -> tuple[str, ...]:
        """What Java is told of it."""
        if not is_whole(self.folder):
            return ()
        return (
            "-XX:+VerifySharedSpaces",
            f"-XX:SharedArchiveFile={self.folder / FILE}",
        )

    def keep(self, pid: int) -> None:
        """Write it, unless it is there, of what the process has loaded.

        Where that does not succeed the next start is as slow as this one was.
        """
        if is_whole(self.folder):
            return
        with (
            suppress(BusyError, SetupError, OSError, subprocess.SubprocessError),
            lock.held(self.folder.with_suffix(".lock"), wait_s=0),
        ):
            make_whole(
                self.folder,
                partial(_write, pid),
                prefix=f".partial-{self.folder.name}-",
                full=SetupError("the disk is full"),
            )


def _write(pid: int, folder: Path) -> dict[str, int]:
    jcmd = java.java().with_name("jcmd")
    subprocess.run(
        [jcmd, str(pid), "VM.cds", "static_dump", str(folder / FILE)],
        env=java.ENVIRONMENT,
        capture_output=True,
        check=True,
        timeout=TIMEOUT_S,
    )
    if not (folder / FILE).is_file():
        raise SetupError(f"{jcmd} wrote no {FILE}")
    return sizes(folder)
