"""Debezium Server as a local service: every change of a config table goes to Kafka.

It keeps nothing on disk but its settings: how far it came stands in Postgres. Watched:
killed, or ended by an outage of Postgres or Kafka, it is started again.
https://debezium.io/documentation/reference/3.6/operations/debezium-server.html
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from pipelines.local import debezium_properties, java, kafka_service, place, postgres
from pipelines.local.account import own_account
from pipelines.local.cdc_role import CdcRole
from pipelines.local.debezium_distribution import NAME, Distribution
from pipelines.local.debezium_properties import Places
from pipelines.local.java_service import JavaService
from pipelines.local.kafka_access import Access
from pipelines.local.port import HOST, http_get
from pipelines.local.service import Say, bring_up, take_down
from pipelines.settings import make_private, settings

MAIN_CLASS = "io.debezium.server.Main"
SETTINGS = {"debezium": "BULLION_DEBEZIUM_PORT"}
LIBPQ_PORT = 5432
# what its libraries ask of a Java newer than they are, and would warn of
OPENINGS = (
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)


@dataclass(frozen=True)
class Debezium(JavaService):
    """The service, from the warehouse of `owner` to the broker at `kafka`.

    Both are asked for when they are needed. At a broker of ours it is a user of its own
    (`is_user_made`). `overrides` are properties besides, or instead. It stops cleanly;
    its slot stays and holds what is to come.
    """

    name: ClassVar[str] = NAME

    owner: Callable[[], dict[str, Any]]
    kafka: Callable[[], Access]
    port: int | None = None
    kept_days: int = 7
    is_user_made: bool = True
    password: str | None = field(default=None, repr=False)
    overrides: Mapping[str, str] = field(default_factory=dict)
    ready_timeout_s: float = 180

    @classmethod
    def from_settings(cls) -> "Debezium":
        """The one that `bullion up` starts."""
        given = settings().cdc_password
        return cls(
            place.data_dir(),
            place.cache_dir(),
            owner=postgres.warehouse_parameters,
            kafka=kafka_service.access,
            is_user_made=not settings().kafka,
            port=settings().debezium_port,
            kept_days=settings().changes_kept_days,
            password=given.get_secret_value() if given else None,
        )

    @property
    def address(self) -> str | None:
        """Where its health is asked for."""
        port = self.ports.known().get(NAME)
        return f"http://{HOST}:{port}" if port else None

    def fetch(self, say: Say) -> None:
        """Have Java and the server's programs, once there is something to stream."""
        java.java()
        CdcRole(self.owner()).published()
        self._distribution.fetch(say)

    def verify(self) -> None:
        """Refuse a Java that is too old; the programs were checked when unpacked."""
        java.verify()

    def configure(self, say: Say) -> None:
        """Choose the port, write the properties, make the topics."""
        self.make_topics(say)
        make_private(self._properties.parent)
        self.ports.settle({NAME: self.port}, SETTINGS, say)
        own_account().write(self._properties, self._rendered())

    def make_topics(self, say: Say) -> list[str]:
        """Make the topics of the tables that are missing; their names."""
        from pipelines.local import change_topics  # noqa: PLC0415  # slow to import

        tables = CdcRole(self.owner()).published()
        made = change_topics.keep(self.kafka(), tables, self.kept_days)
        if made:
            say(f"made the topics {', '.join(made)}")
        return made

    def resume(self, say: Say) -> None:
        """Take up new tables, a Postgres or Kafka that is another, a watch gone."""
        self.make_topics(say)
        if self._is_outdated():
            say("Postgres or Kafka moved, or is another: debezium is started anew")
            take_down(self, say)
            bring_up(self, say)
        else:
            super().resume(say)

    def launch(self) -> tuple[Sequence[str | Path], Mapping[str, str]]:
        """The server's command; its passwords go by environment alone."""
        from pipelines.local import kafka_users  # noqa: PLC0415  # slow to import

        password = CdcRole(self.owner()).give_password(self.password)
        login = self.kafka()
        if self.is_user_made:
            login = kafka_users.writer(login, password)
        secrets = debezium_properties.as_environment(
            debezium_properties.secrets(password, login)
        )
        # by the environment: the class path is long, and a secret is no argument
        class_path = {"CLASSPATH": self.class_path}
        # it tells the process from that of another data directory
        home = f"-Dbullion.home={self.folder}"
        command = self.command(*OPENINGS, home, MAIN_CLASS)
        return command, {**java.ENVIRONMENT, **secrets, **class_path}

    def ready(self) -> bool:
        """Whether its health is UP: the connector's task runs."""
        return bool(
            self.address and self.watched.is_alive() and health(self.address) == "UP"
        )

    @property
    def class_path(self) -> str:
        return self._distribution.class_path

    @property
    def _properties(self) -> Path:
        # Quarkus reads config/application.properties of the folder it is started in
        return self.folder / "config" / "application.properties"

    @cached_property
    def _distribution(self) -> Distribution:
        return Distribution(self.cache_dir)

    def _is_outdated(self) -> bool:
        """Whether it knows another Postgres or Kafka, or that one does not know it."""
        from pipelines.local import kafka_users  # noqa: PLC0415  # slow to import

        told = self._properties.read_text(encoding="utf-8")
        if told != self._rendered():
            return True
        return self.is_user_made and not kafka_users.has_writer(self.kafka())

    def _rendered(self) -> str:
        owner = self.owner()
        places = Places(
            host=owner["host"],
            port=int(owner.get("port") or LIBPQ_PORT),
            dbname=owner["dbname"],
            kafka=self.kafka(),
            http_host=HOST,
            http_port=self.ports.known()[NAME],
        )
        properties = debezium_properties.properties(places) | dict(self.overrides)
        return java.properties_text(properties)


def known_address() -> str | None:
    """Where Debezium Server is, given or once started here; None: there is none."""
    return settings().debezium or Debezium.from_settings().address


def health(address: str) -> str | None:
    """What `GET /q/health` says: UP or DOWN; None when nothing answers."""
    host, _, port = address.removeprefix("http://").rstrip("/").partition(":")
    response = http_get(host, int(port or 80), "/q/health")
    try:
        return str(json.loads(response[1])["status"]) if response else None
    except (ValueError, KeyError):
        return None
