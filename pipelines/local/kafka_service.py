"""Apache Kafka as a local service: one real broker, from Maven artifacts, in KRaft.

Data, log and ports lie under the data directory; it listens on 127.0.0.1 alone and is
watched: killed, it is started again. https://kafka.apache.org/documentation/#kraft
"""

import base64
import os
import shutil
import subprocess
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pipelines.errors import SetupError
from pipelines.local import java, kafka_properties, place
from pipelines.local.account import ENVIRONMENT, own_account
from pipelines.local.artifacts import FOLDER, Artifacts
from pipelines.local.kafka_address import answers
from pipelines.local.kept_ports import KeptPorts
from pipelines.local.port import HOST
from pipelines.local.service import Say, UnavailableError, set_aside
from pipelines.local.watched import Watched
from pipelines.settings import settings

NAME = "kafka"
SETTINGS = {"kafka": "BULLION_KAFKA_PORT", "controller": "BULLION_KAFKA_PORT"}
LOGGING = FOLDER / NAME / "log4j2.properties"
FORMAT_TIMEOUT_S = 120


@dataclass(frozen=True)
class Kafka:
    """The service; `port` None: a free one, kept while it is free."""

    data_dir: Path
    cache_dir: Path
    port: int | None = None
    name: str = NAME
    ready_timeout_s: float = 180  # a recovery after kill -9 reads its segments again

    @classmethod
    def from_settings(cls) -> "Kafka":
        """The one that `bullion up` starts."""
        return cls(place.data_dir(), place.cache_dir(), settings().kafka_port)

    @property
    def log(self) -> Path:
        """What the broker and its watch write."""
        return self._folder / "kafka.log"

    @property
    def address(self) -> str | None:
        """What clients call bootstrap servers."""
        port = self._ports.known().get("kafka")
        return f"{HOST}:{port}" if port else None

    def fetch(self, say: Say) -> None:
        """Have Java and the broker's jars."""
        java.java()
        self._artifacts.fetch(say)

    def verify(self) -> None:
        """Refuse a Java or jars that are not what was meant."""
        java.verify()
        self._artifacts.verify()

    def configure(self, say: Say) -> None:
        """Choose the ports, write the settings, make an empty log if there is none."""
        self._folder.mkdir(parents=True, exist_ok=True)
        ports = self._ports.settle(
            {"kafka": self.port, "controller": None}, SETTINGS, say
        )
        own_account().write(
            self._properties, kafka_properties.render(ports, self._data)
        )
        if not (self._data / "meta.properties").exists():
            self._format()

    def start(self, say: Say) -> None:  # noqa: ARG002  # the shape's signature
        """Start it, watched."""
        set_aside(self.log)
        self._watch()

    def resume(self, say: Say) -> None:
        """Watch it again if every watch was killed."""
        if not self._watched.is_watched():
            say("nothing watches kafka any more: it is watched again")
            self._watch()

    def running(self) -> bool:
        """Whether the broker lives, or is about to live again."""
        return self._watched.is_alive() or self._watched.is_watched()

    def ready(self) -> bool:
        """Whether the broker of our own data answers."""
        if not self.address or not self._watched.is_alive():
            return False
        return answers(self.address) == self._cluster_id()

    def stop(self, say: Say) -> None:  # noqa: ARG002  # the shape's signature
        """End it cleanly, and its watch."""
        self._watched.stop()

    def delete(self, say: Say) -> None:
        """Remove its data, ports and log."""
        if self.running():
            raise SetupError("Kafka runs: stop it before its data is deleted")
        if self._folder.exists():
            say(f"deleting {self._folder}")
            shutil.rmtree(self._folder)

    @property
    def pid(self) -> int | None:
        """The broker's process."""
        return self._watched.pid()

    @property
    def _folder(self) -> Path:
        return self.data_dir / NAME

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def _properties(self) -> Path:
        return self._folder / "server.properties"

    @property
    def _watched(self) -> Watched:
        return Watched(self._folder / "watch")

    @property
    def _ports(self) -> KeptPorts:
        return KeptPorts(self._folder / "ports.json", f"{NAME} {self.data_dir}")

    @cached_property
    def _artifacts(self) -> Artifacts:
        return Artifacts(NAME, self.cache_dir)

    @property
    def _environment(self) -> dict[str, str]:
        # by the environment: a list of 46 paths would hide the rest from `ps`
        jars = os.pathsep.join(map(str, self._artifacts.paths()))
        return {**ENVIRONMENT, "CLASSPATH": jars}

    def _watch(self) -> None:
        self._watched.start(
            self._command("kafka.Kafka", str(self._properties)),
            log=self.log,
            environment=self._environment,
            folder=self._folder,
        )

    def _command(self, main_class: str, *arguments: str) -> list[str | Path]:
        logging = f"-Dlog4j2.configurationFile={LOGGING}"
        return [java.java(), *java.FLAGS, logging, main_class, *arguments]

    def _format(self) -> None:
        """Give the empty data its identity, as `kafka-storage.sh format` does."""
        shutil.rmtree(self._data, ignore_errors=True)
        done = self._run_tool(
            "kafka.tools.StorageTool",
            ("format", "--cluster-id", _new_id(), "--config", str(self._properties)),
        )
        if done.returncode:
            shutil.rmtree(self._data, ignore_errors=True)
            said = (done.stderr or done.stdout).strip()
            raise SetupError(f"Kafka's data could not be made in {self._data}:\n{said}")

    def _run_tool(
        self, main_class: str, arguments: Sequence[str]
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._command(main_class, *arguments),
            env=self._environment,
            cwd=self._folder,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=FORMAT_TIMEOUT_S,
        )

    def _cluster_id(self) -> str | None:
        text = (self._data / "meta.properties").read_text(encoding="utf-8")
        pairs = (line.partition("=")[::2] for line in text.splitlines())
        return dict(pairs).get("cluster.id")


def bootstrap() -> str:
    """Where the broker is reached: the given one, or the one that `bullion up` starts.

    Raises:
        UnavailableError: no broker was given and none was ever started here.
    """
    found = settings().kafka or Kafka.from_settings().address
    if not found:
        raise UnavailableError(
            "no Kafka was started: run `bullion up kafka`, or set BULLION_KAFKA to a "
            "broker of your own"
        )
    return found


def _new_id() -> str:
    """A cluster id as Kafka makes them: 16 bytes in base64, never like an option."""
    while True:
        found = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not found.startswith("-"):
            return found
