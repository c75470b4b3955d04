"""Apache Kafka as a local service: one real broker, from Maven artifacts, in KRaft.

Data, log and ports lie under the data directory; it listens on 127.0.0.1 alone and is
watched: killed, it is started again. https://kafka.apache.org/documentation/#kraft
"""

import base64
import os
import shutil
import socket
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from pipelines.errors import SetupError
from pipelines.local import java, kafka_properties, place
from pipelines.local.account import own_account
from pipelines.local.artifacts import FOLDER, Artifacts
from pipelines.local.port import HOST
from pipelines.local.service import Say, UnavailableError
from pipelines.local.watched_service import WatchedService
from pipelines.settings import make_private, settings

NAME = "kafka"
SETTINGS = {"kafka": "BULLION_KAFKA_PORT", "controller": "BULLION_KAFKA_PORT"}
LOGGING = FOLDER / NAME / "log4j2.properties"
FORMAT_TIMEOUT_S = 120
ANSWER_TIMEOUT_MS = 2_000
DEFAULT_PORT = 9092  # where an address names none


@dataclass(frozen=True)
class Kafka(WatchedService):
    """The service; `port` None: a free one, kept while it is free."""

    name: ClassVar[str] = NAME

    port: int | None = None
    ready_timeout_s: float = 180  # a recovery after kill -9 reads its segments again

    @classmethod
    def from_settings(cls) -> "Kafka":
        """The one that `bullion up` starts."""
        return cls(place.data_dir(), place.cache_dir(), settings().kafka_port)

    @property
    def address(self) -> str | None:
        """What clients call bootstrap servers."""
        port = self.ports.known().get("kafka")
        return f"{HOST}:{port}" if port else None

    def fetch(self, say: Say) -> None:
        java.java()
        self._artifacts.fetch(say)

    def verify(self) -> None:
        java.verify()
        self._artifacts.verify()

    def configure(self, say: Say) -> None:
        """Choose the ports, write the settings, make an empty log if there is none."""
        make_private(self.folder)
        ports = self.ports.settle(
            {"kafka": self.port, "controller": None}, SETTINGS, say
        )
        own_account().write(
            self._properties, kafka_properties.render(ports, self._data)
        )
        if not (self._data / "meta.properties").exists():
            self._format()

    def launch(self) -> tuple[Sequence[str | Path], Mapping[str, str]]:
        """The broker's command; its jars by environment."""
        return self._command("kafka.Kafka", str(self._properties)), self._environment

    def ready(self) -> bool:
        """Whether the broker of our own data answers."""
        if not self.address or not self.watched.is_alive():
            return False
        return cluster_id(self.address) == self._cluster_id()

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _properties(self) -> Path:
        return self.folder / "server.properties"

    @cached_property
    def _artifacts(self) -> Artifacts:
        return Artifacts(NAME, self.cache_dir)

    @property
    def _environment(self) -> dict[str, str]:
        # by the environment: a list of 46 paths would hide the rest from `ps`
        jars = os.pathsep.join(map(str, self._artifacts.paths()))
        return {**java.ENVIRONMENT, "CLASSPATH": jars}

    def _command(self, main_class: str, *arguments: str) -> list[str | Path]:
        logging = f"-Dlog4j2.configurationFile={LOGGING}"
        return [java.java(), *java.FLAGS, logging, main_class, *arguments]

    def _format(self) -> None:
        """Give the empty data its identity, as `kafka-storage.sh format` does."""
        shutil.rmtree(self._data, ignore_errors=True)
        options = ("--cluster-id", _new_id(), "--config", str(self._properties))
        done = subprocess.run(
            self._command("kafka.tools.StorageTool", "format", *options),
            env=self._environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=FORMAT_TIMEOUT_S,
        )
        if done.returncode:
            shutil.rmtree(self._data, ignore_errors=True)
            output = (done.stderr or done.stdout).strip()
            raise SetupError(
                f"Kafka's data could not be made in {self._data}:\n{output}"
            )

    def _cluster_id(self) -> str | None:
        text = (self._data / "meta.properties").read_text(encoding="utf-8")
        pairs = (line.partition("=")[::2] for line in text.splitlines())
        return dict(pairs).get("cluster.id")


def known_address() -> str | None:
    """Where the broker is, given or once started here; None: there is none."""
    return settings().kafka or Kafka.from_settings().address


def bootstrap() -> str:
    """Where the broker is, given or once started here.

    Raises:
        UnavailableError: no broker was given and none was ever started here.
    """
    address = known_address()
    if not address:
        raise UnavailableError(
            "no Kafka was started: run `bullion up kafka`, or set BULLION_KAFKA to a "
            "broker of your own"
        )
    return address


def _new_id() -> str:
    """A cluster id as Kafka makes them: 16 bytes in base64, never like an option."""
    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not text.startswith("-"):
            return text


def cluster_id(address: str) -> str | None:
    """The id of the cluster that answers at `address`; None when none does."""
    if not listens(address):
        return None  # the client would try again until its time is up
    # not before it is needed: it takes longer than all else that `status` does
    from kafka.admin import KafkaAdminClient  # noqa: PLC0415
    from kafka.errors import KafkaError  # noqa: PLC0415

    try:
        client = KafkaAdminClient(
            bootstrap_servers=address,
            bootstrap_timeout_ms=ANSWER_TIMEOUT_MS,
            request_timeout_ms=ANSWER_TIMEOUT_MS,
        )
    except (KafkaError, OSError):
        return None
    try:
        return str(client.describe_cluster()["cluster_id"])
    except (KafkaError, OSError):
        return None
    finally:
        client.close()


def listens(address: str) -> bool:
    """Whether something listens at one of the addresses."""
    return any(_listens(one.strip()) for one in address.split(","))


def _listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    place = (host, int(port)) if host else (port, DEFAULT_PORT)
    try:
        socket.create_connection(place, ANSWER_TIMEOUT_MS / 1000).close()
    except OSError:
        return False
    return True
