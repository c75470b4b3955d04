"""What services in Java have in common: a command, and classes that are kept."""

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path

from pipelines.local import java
from pipelines.local.class_archive import ClassArchive
from pipelines.local.service import Say
from pipelines.local.watched_service import WatchedService


@dataclass(frozen=True)
class JavaService(WatchedService):
    """A watched service whose programs are jars."""

    @property
    @abstractmethod
    def class_path(self) -> str:
        """Where Java finds its classes."""

    @property
    def class_archive(self) -> ClassArchive:
        """What its process has loaded, once one was stopped."""
        return ClassArchive.of(self.cache_dir, self.name, self.class_path)

    def command(self, *arguments: str) -> tuple[str | Path, ...]:
        """The command of Java, which finds the class path in its environment."""
        return (java.java(), *java.FLAGS, *self.class_archive.flags, *arguments)

    def stop(self, say: Say) -> None:
        if pid := self.pid:
            self.class_archive.keep(pid)
        super().stop(say)
