"""The embedded Postgres: a real server from bundled programs, on this machine alone.

Its data, log and secrets lie under the data directory (`place` says where when its
account can not reach that). TCP on 127.0.0.1, no Unix socket, one superuser with a
generated password.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import psycopg

from pipelines.errors import SetupError
from pipelines.local import place, postgres_connection, role_logins
from pipelines.local import port as ports
from pipelines.local.account import Account, server_account
from pipelines.local.place import cache_dir, data_dir
from pipelines.local.postgres_cluster import Cluster
from pipelines.local.postgres_connection import NAME, Parameters
from pipelines.local.postgres_distribution import Distribution, reachable
from pipelines.local.postgres_server import PortTakenError, Server
from pipelines.local.service import Say, bring_up, silent, take_down
from pipelines.settings import make_private, settings

PORT_TRIES = 5
LIBPQ_PORT = 5432  # where PGHOST is set and PGPORT is not


@dataclass(frozen=True)
class Postgres:
    """The service; `port` None: a free one, the same at every start while it is free.

    `conf` lines go to the end of the server's settings (a test turns `fsync` off).
    """

    data_dir: Path
    cache_dir: Path
    port: int | None = None
    conf: tuple[str, ...] = ()
    name: str = NAME
    ready_timeout_s: float = 300  # a crash recovery that an `up` before us began

    @classmethod
    def from_settings(cls) -> "Postgres":
        """The one that `bullion up` starts."""
        return cls(data_dir(), cache_dir(), settings().pgport)

    @property
    def log(self) -> Path:
        return place.existing_state_folder(self.data_dir, NAME) / "postgres.log"

    @property
    def address(self) -> str | None:
        """Host, port and database."""
        facts = postgres_connection.facts(self.data_dir)
        return f"{facts['host']}:{facts['port']}/{facts['dbname']}" if facts else None

    def fetch(self, say: Say) -> None:
        """Have the programs where the server's account can run them."""
        reachable(self.cache_dir, self._account, say)

    def verify(self) -> None:
        self._distribution.verify(self._account)

    def configure(self, say: Say) -> None:
        """Make the data if there is none, choose the port, write the settings."""
        cluster = self._cluster(say)
        durable = "fsync = off" not in self.conf
        if cluster.make(self._distribution, durable=durable):
            say(f"made an empty database in {cluster.data}")
        known = postgres_connection.facts(self.data_dir).get("port")
        port = ports.given(self.port, "PGPORT") or ports.keep(
            known, str(self.data_dir), "Postgres", say
        )
        self._use_port(cluster, port)

    def start(self, say: Say) -> None:
        """Start it; a port lost to another process meanwhile is chosen again."""
        cluster = self._cluster()
        server = Server(cluster, self._distribution)
        lost: set[int] = set()
        while True:
            port = self._remembered_port()
            try:
                server.start(port, say)
                break
            except PortTakenError:
                lost.add(port)
                if self.port or len(lost) >= PORT_TRIES:
                    raise
                another = ports.choose(str(self.data_dir), but=lost)
                self._use_port(cluster, another)

    def resume(self, say: Say) -> None:
        """Where the data directory was lost under it, start it anew with a secret."""
        if not (self.data_dir / NAME / "password").exists():
            say("its secret is lost with the data directory: Postgres is started anew")
            take_down(self, say)
            bring_up(self, say)

    def running(self) -> bool:
        """Whether the postmaster of our data is alive."""
        return postgres_connection.runs(self.data_dir)

    def ready(self) -> bool:
        """Whether our password opens our database."""
        if not (self.running() and self.address):
            return False
        try:
            with psycopg.connect(
                **postgres_connection.parameters(self.data_dir), connect_timeout=3
            ):
                return True
        except psycopg.OperationalError:
            return False

    def stop(self, say: Say) -> None:
        Server(self._cluster(), self._distribution).stop()

    def delete(self, say: Say) -> None:
        if self.running():
            raise SetupError("Postgres runs: stop it before its data is deleted")
        folder = place.existing_state_folder(self.data_dir, NAME)
        if folder.exists():
            say(f"deleting {folder}")
        place.delete_state(self.data_dir, NAME)

    @cached_property
    def _account(self) -> Account:
        return server_account()

    @cached_property
    def _distribution(self) -> Distribution:
        return reachable(self.cache_dir, self._account, silent)

    def _cluster(self, say: Say = silent) -> Cluster:
        folder = place.state_folder(self.data_dir, NAME, self._account, say)
        password_file = self.data_dir / NAME / "password"
        make_private(password_file.parent)
        return Cluster(folder, self._account, password_file)

    def _remembered_port(self) -> int:
        return int(postgres_connection.facts(self.data_dir)["port"])

    def _use_port(self, cluster: Cluster, port: int) -> None:
        cluster.configure(port, self.conf)
        postgres_connection.write(self.data_dir, port, cluster.password_file)


def connection(folder: Path | None = None, role: str | None = None) -> Parameters:
    """libpq's parameters of the running embedded server: host to password.

    `folder` is its data directory, by default that of the settings; the login is the
    server's owner, or that of `role`.

    Raises:
        SetupError: it does not run.
    """
    folder = folder.resolve() if folder else data_dir()
    if not (postgres_connection.facts(folder) and postgres_connection.runs(folder)):
        raise SetupError(
            "the embedded Postgres does not run: run `bullion up`, or set PGHOST to "
            "a server of your own"
        )
    if role:
        return role_logins.parameters(folder, role)
    return postgres_connection.parameters(folder)


def warehouse_parameters(role: str | None = None) -> Parameters:
    """libpq's parameters of the warehouse, embedded or given, as its owner.

    The embedded server has a login for each `role`; on a given one it is PGUSER's to
    assume.

    Raises:
        SetupError: the embedded server is meant and does not run.
    """
    if settings().is_embedded:
        return connection(role=role)
    password = settings().pgpassword
    return Parameters(
        host=settings().pghost,
        port=settings().pgport or LIBPQ_PORT,
        dbname=settings().pgdatabase,
        user=settings().pguser,
        password=password.get_secret_value() if password else None,
    )


@contextmanager
def private_server(
    folder: Path, conf: Sequence[str] = ("fsync = off",)
) -> Iterator[Parameters]:
    """A server of its own in `folder`, ended and deleted with the block: for tests."""
    service = Postgres(folder.resolve(), cache_dir(), conf=tuple(conf))
    try:
        bring_up(service)
        yield connection(folder)
    finally:
        take_down(service)
        service.delete(silent)
