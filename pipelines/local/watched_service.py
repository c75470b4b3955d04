"""What services that are watched have in common: folder, log, ports, life and end."""

import shutil
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pipelines.errors import SetupError
from pipelines.local.port import KeptPorts
from pipelines.local.service import Say, set_aside
from pipelines.local.watched import Watched


@dataclass(frozen=True)
class WatchedService(ABC):
    """A service that is started again when it dies; its data lies under its name."""

    name: ClassVar[str]

    data_dir: Path
    cache_dir: Path

    @abstractmethod
    def launch(self) -> tuple[Sequence[str | Path], Mapping[str, str]]:
        """The command and the environment of its process; no secret in the command."""

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    @property
    def pid(self) -> int | None:
        return self.watched.pid()

    @property
    def folder(self) -> Path:
        """Where all that is its own lies."""
        return self.data_dir / self.name

    @property
    def watched(self) -> Watched:
        """The process and its watch."""
        return Watched(self.folder / "watch")

    @property
    def ports(self) -> KeptPorts:
        """The ports that were chosen."""
        return KeptPorts(self.folder / "ports.json", f"{self.name} {self.data_dir}")

    def start(self, say: Say) -> None:
        set_aside(self.log)
        self._watch()

    def resume(self, say: Say) -> None:
        """Watch it again if every watch was killed."""
        if not self.watched.is_watched():
            say(f"nothing watches {self.name} any more: it is watched again")
            self._watch()

    def running(self) -> bool:
        """Whether the process lives, or is about to live again."""
        return self.watched.is_alive() or self.watched.is_watched()

    def stop(self, say: Say) -> None:
        self.watched.stop()

    def delete(self, say: Say) -> None:
        if self.running():
            raise SetupError(f"{self.name} runs: stop it before its data is deleted")
        if self.folder.exists():
            say(f"deleting {self.folder}")
            shutil.rmtree(self.folder)

    def _watch(self) -> None:
        command, environment = self.launch()
        self.watched.start(
            command, log=self.log, environment=environment, folder=self.folder
        )
