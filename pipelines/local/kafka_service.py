"""Apache Kafka as a local service: one real broker, from Maven artifacts, in KRaft.

Data, log, ports and the password of its user lie under the data directory; it listens
on 127.0.0.1 alone, lets in nobody without a password, and is watched: killed, it is
started again. https://kafka.apache.org/documentation/#kraft
"""

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from pipelines.local import java, kafka_properties, place
from pipelines.local.account import own_account
from pipelines.local.artifacts import FOLDER, Artifacts
from pipelines.local.java_service import JavaService
from pipelines.local.kafka_access import Access
from pipelines.local.kafka_cluster import cluster_id
from pipelines.local.kafka_properties import USER
from pipelines.local.kafka_storage import Storage
from pipelines.local.port import HOST
from pipelines.local.service import Say, UnavailableError, bring_up, take_down
from pipelines.settings import PRIVATE, make_private, settings

NAME = "kafka"
SETTINGS = {"kafka": "BULLION_KAFKA_PORT", "controller": "BULLION_KAFKA_PORT"}
LOGGING = FOLDER / NAME / "log4j2.properties"


@dataclass(frozen=True)
class Kafka(JavaService):
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

    @property
    def access(self) -> Access | None:
        """As whom it is administered; None before it has a user."""
        address, password = self.address, self._password()
        return Access(address, USER, password) if address and password else None

    def fetch(self, say: Say) -> None:
        java.java()
        self._artifacts.fetch(say)

    def verify(self) -> None:
        java.verify()
        self._artifacts.verify()

    def configure(self, say: Say) -> None:
        """Choose the ports, write the settings, have data that knows the user."""
        make_private(self.folder)
        self.folder.chmod(PRIVATE)  # one of before may be open to others
        self.ports.settle({"kafka": self.port, "controller": None}, SETTINGS, say)
        known = self._password()
        password = known or secrets.token_urlsafe(32)
        own_account().write(self.properties, self._rendered(password))
        if not self.storage.is_formatted():
            self.storage.format(self.properties, self._environment, USER, password)
        elif not known:
            # not before it is needed: it imports the client, which is slow
            from pipelines.local.kafka_first_start import admit  # noqa: PLC0415

            say("kafka gets a password; next give debezium one: `bullion up debezium`")
            admit(self, USER, password)
        # what is written here the data knows
        own_account().write(self._password_file, password)

    def resume(self, say: Say) -> None:
        """Take up other settings, as of a broker that asked for no password."""
        password = self._password()
        told = self.properties.read_text(encoding="utf-8")
        if password and told == self._rendered(password):
            super().resume(say)
        else:
            say("kafka's settings changed: it is started anew")
            take_down(self, say)
            bring_up(self, say)

    def launch(self) -> tuple[Sequence[str | Path], Mapping[str, str]]:
        """The broker's command; its jars by environment."""
        command = self._command("kafka.Kafka", str(self.properties))
        return command, self._environment

    def ready(self) -> bool:
        """Whether the broker of our own data answers."""
        access = self.access
        if not access or not self.watched.is_alive():
            return False
        return cluster_id(access) == self.storage.cluster_id()

    @property
    def properties(self) -> Path:
        return self.folder / "server.properties"

    @property
    def _password_file(self) -> Path:
        return self.folder / f"{USER}.password"

    @cached_property
    def storage(self) -> Storage:
        return Storage(self.folder / "data", self._command)

    @cached_property
    def _artifacts(self) -> Artifacts:
        return Artifacts(NAME, self.cache_dir)

    @cached_property
    def class_path(self) -> str:
        return os.pathsep.join(map(str, self._artifacts.paths()))

    @property
    def _environment(self) -> dict[str, str]:
        # by the environment: a list of 46 paths would hide the rest from `ps`
        return {**java.ENVIRONMENT, "CLASSPATH": self.class_path}

    def _command(self, main_class: str, *arguments: str) -> tuple[str | Path, ...]:
        logging = f"-Dlog4j2.configurationFile={LOGGING}"
        return self.command(logging, main_class, *arguments)

    def _password(self) -> str | None:
        try:
            return self._password_file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def _rendered(self, password: str) -> str:
        ports = self.ports.known()
        return kafka_properties.render(ports, self.storage.folder, password)


def known_address() -> str | None:
    """Where the broker is, given or once started here; None: there is none."""
    return settings().kafka or Kafka.from_settings().address


def known_access() -> Access | None:
    """Where it is and as whom it is asked; None: there is none, or it has no user."""
    given = settings()
    if not given.kafka:
        return Kafka.from_settings().access
    password = given.kafka_password
    return Access(
        given.kafka,
        given.kafka_user or None,
        password.get_secret_value() if password else "",
    )


def access() -> Access:
    """Where the broker is, given or once started here, and as whom it is asked.

    Raises:
        UnavailableError: no broker was given and none was ever started here.
    """
    known = known_access()
    if known is None:
        raise UnavailableError(
            "no Kafka was started that asks for a password: run `bullion up kafka`, or"
            " set BULLION_KAFKA to a broker of your own"
        )
    return known
