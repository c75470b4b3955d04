"""Debezium Server as a local service: every change of a config table goes to Kafka.

It keeps nothing on disk but its settings: how far it came stands in Postgres. Watched:
killed, or ended because Postgres or Kafka was away, it is started again.
https://debezium.io/documentation/reference/3.6/operations/debezium-server.html
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pipelines.errors import SetupError
from pipelines.local import (
    debezium_properties,
    java,
    kafka_service,
    place,
    postgres,
)
from pipelines.local.account import ENVIRONMENT, own_account
from pipelines.local.cdc_role import CdcRole
from pipelines.local.debezium_address import health
from pipelines.local.debezium_distribution import NAME, Distribution
from pipelines.local.debezium_properties import PASSWORDS, Places
from pipelines.local.kept_ports import KeptPorts
from pipelines.local.port import HOST
from pipelines.local.service import Say, bring_up, set_aside, take_down
from pipelines.local.watched import Watched
from pipelines.settings import settings

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
class Debezium:
    """The service, from the warehouse of `owner` to the broker at `kafka`.

    Both are asked for when they are needed. `tables` (as `config.instruments`) get
    topics; None: those of the publication.
    """

    data_dir: Path
    cache_dir: Path
    owner: Callable[[], dict[str, Any]]
    kafka: Callable[[], str]
    tables: tuple[str, ...] | None = None
    port: int | None = None
    kept_days: int = 7
    password: str | None = field(default=None, repr=False)
    name: str = NAME
    ready_timeout_s: float = 180

    @classmethod
    def from_settings(cls) -> "Debezium":
        """The one that `bullion up` starts."""
        given = settings().cdc_password
        return cls(
            place.data_dir(),
            place.cache_dir(),
            owner=postgres.warehouse_parameters,
            kafka=kafka_service.bootstrap,
            port=settings().debezium_port,
            kept_days=settings().changes_kept_days,
            password=given.get_secret_value() if given else None,
        )

    @property
    def log(self) -> Path:
        """What the server and its watch write."""
        return self._folder / "debezium.log"

    @property
    def address(self) -> str | None:
        """Where its health is asked for."""
        port = self._ports.known().get(NAME)
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
        self._folder.mkdir(parents=True, exist_ok=True)
        self._ports.settle({NAME: self.port}, SETTINGS, say)
        self._properties.parent.mkdir(parents=True, exist_ok=True)
        own_account().write(self._properties, self._rendered())

    def make_topics(self, say: Say) -> list[str]:
        """Make the topics of the tables that are missing; their names."""
        from pipelines.local import change_topics  # noqa: PLC0415  # slow to import

        tables = CdcRole(self.owner()).published()
        wanted = change_topics.declared(self.tables or tables, self.kept_days)
        made = change_topics.create(self.kafka(), wanted)
        if made:
            say(f"made the topics {', '.join(made)}")
        return made

    def start(self, say: Say) -> None:  # noqa: ARG002  # the shape's signature
        """Start it, watched; the role's password goes by environment alone."""
        set_aside(self.log)
        self._watch()

    def resume(self, say: Say) -> None:
        """Take up new tables, a moved Postgres or Kafka, a watch that is gone."""
        self.make_topics(say)
        if self._properties.read_text(encoding="utf-8") != self._rendered():
            say("Postgres or Kafka moved: debezium is started anew")
            take_down(self, say)
            bring_up(self, say)
        elif not self._watched.is_watched():
            say("nothing watches debezium any more: it is watched again")
            self._watch()

    def running(self) -> bool:
        """Whether the server lives, or is about to live again."""
        return self._watched.is_alive() or self._watched.is_watched()

    def ready(self) -> bool:
        """Whether its health is UP: the connector's task runs."""
        return bool(
            self.address and self._watched.is_alive() and health(self.address) == "UP"
        )

    def stop(self, say: Say) -> None:  # noqa: ARG002  # the shape's signature
        """End it cleanly, and its watch; the slot stays and holds what is to come."""
        self._watched.stop()

    def delete(self, say: Say) -> None:
        """Remove its settings, port and log."""
        if self.running():
            raise SetupError("Debezium runs: stop it before its data is deleted")
        if self._folder.exists():
            say(f"deleting {self._folder}")
            shutil.rmtree(self._folder)

    @property
    def pid(self) -> int | None:
        """The server's process."""
        return self._watched.pid()

    @property
    def _folder(self) -> Path:
        return self.data_dir / NAME

    @property
    def _properties(self) -> Path:
        # Quarkus reads config/application.properties of the folder it is started in
        return self._folder / "config" / "application.properties"

    @property
    def _watched(self) -> Watched:
        return Watched(self._folder / "watch")

    @property
    def _ports(self) -> KeptPorts:
        return KeptPorts(self._folder / "ports.json", f"{NAME} {self.data_dir}")

    @cached_property
    def _distribution(self) -> Distribution:
        return Distribution(self.cache_dir)

    def _rendered(self) -> str:
        owner = self.owner()
        places = Places(
            host=owner["host"],
            port=int(owner.get("port") or LIBPQ_PORT),
            dbname=owner["dbname"],
            kafka=self.kafka(),
            http_host=HOST,
            http_port=self._ports.known()[NAME],
        )
        return debezium_properties.as_file(debezium_properties.properties(places))

    def _watch(self) -> None:
        password = CdcRole(self.owner()).give_password(self.password)
        secrets = debezium_properties.as_environment(dict.fromkeys(PASSWORDS, password))
        # by the environment: the class path is long, and a secret is no argument
        class_path = {"CLASSPATH": self._distribution.class_path}
        # by it the process is told from that of another data directory
        home = f"-Dbullion.home={self._folder}"
        self._watched.start(
            [java.java(), *java.FLAGS, *OPENINGS, home, MAIN_CLASS],
            log=self.log,
            environment={**ENVIRONMENT, **secrets, **class_path},
            folder=self._folder,
        )
