"""Postgres, Kafka, Debezium Server and `bullion config follow`, each to be killed.

The server and the consumer are of the test's module: what it kills is nobody else's.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from pipelines import bootstrap
from pipelines.local import place
from pipelines.local.debezium_service import Debezium
from pipelines.local.kafka_service import Kafka
from pipelines.local.postgres import Postgres, connection
from pipelines.local.postgres_server import postmaster_pid
from pipelines.local.service import bring_up, silent, take_down
from pipelines.settings import PROJECT_DIR, child_environment, settings
from pipelines.sources.config_changes import history
from pipelines.warehouse import has_table
from tests.services import stream

FOLLOW = "from pipelines.cli.main import main; main()"
# what is committed survives kill -9 of the server, though not of the machine
CONF = ("fsync = off", "full_page_writes = off")
THINGS = """
create table config.things (
    id bigint primary key, name text not null, amount numeric(20, 10)
);
select config.publish('config.things');
"""


class Consumer:
    """`bullion config follow` as a process of its own."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it unless it runs."""
        if self._process is None or self._process.poll() is not None:
            with self.log.open("ab") as output:
                self._process = subprocess.Popen(
                    [sys.executable, "-c", FOLLOW, "config", "follow"],
                    cwd=PROJECT_DIR,
                    env=child_environment(),
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )

    @property
    def pid(self) -> int:
        """The running process."""
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()[-2000:]
        return self._process.pid

    def kill(self) -> None:
        """End it with -9."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Ask it to end; its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(300)


@dataclass
class Chain:
    """The four processes between a commit and its row in bronze."""

    postgres: Postgres
    kafka: Kafka
    debezium: Debezium
    consumer: Consumer

    @property
    def owner(self) -> Mapping[str, Any]:
        """libpq's parameters of the warehouse, as its owner."""
        return connection(self.postgres.data_dir)

    def connect(self, **options: Any) -> psycopg.Connection[Any]:
        """An autocommitting connection of the owner."""
        return psycopg.connect(**self.owner, autocommit=True, **options)

    def run(self, *statements: str) -> None:
        """Commit each statement."""
        with self.connect() as connected:
            for statement in statements:
                connected.execute(statement)

    def rows(self, query: str) -> list[Any]:
        """What a query gives."""
        with self.connect() as connected:
            return connected.execute(query).fetchall()

    def kill_postgres(self) -> None:
        """End the postmaster with -9; its backends see it and end."""
        folder = place.existing_state_folder(self.postgres.data_dir, "postgres")
        pid = postmaster_pid(folder / "data")
        assert pid
        os.kill(pid, signal.SIGKILL)

    def kill(self, *victims: str) -> None:
        """End these with -9, at once; what no watch starts again is started."""
        for victim in victims:
            if victim == "consumer":
                self.consumer.kill()
            elif victim == "postgres":
                self.kill_postgres()
            elif pid := getattr(self, victim).pid:
                os.kill(pid, signal.SIGKILL)
        if "postgres" in victims:
            bring_up(self.postgres)
        if "consumer" in victims:
            self.consumer.start()

    def held(self, name: str = "things") -> dict[str, Mapping[str, Any]]:
        """The rows of a config table as bronze tells them, by key."""
        with self.connect() as connected:
            if not has_table(connected, f"bronze_config.{name}"):
                return {}
            found = history.standing_rows(connected, name)
        return {key: standing.row for key, standing in found.items()}

    def names(self, name: str = "things") -> dict[int, str]:
        """The column `name` by `id`, as bronze tells them."""
        return {int(json.loads(k)[0]): r["name"] for k, r in self.held(name).items()}

    def is_followed(self) -> bool:
        """Whether the consumer has come as far as to make bronze's tables."""
        with self.connect() as connected:
            return has_table(connected, "bronze_config.pages")

    def count(self, name: str = "things") -> int:
        """How many changes of a config table bronze holds."""
        with self.connect() as connected:
            if not has_table(connected, f"bronze_config.{name}"):
                return 0
            ((found,),) = connected.execute(
                f"select count(*) from bronze_config.{name}"
            ).fetchall()
            return int(found)

    def changes(self, name: str = "things") -> list[dict[str, Any]]:
        """Every change of a config table that bronze holds, as it was committed."""
        query = f"""
            select op, row_key, after::jsonb as after, lsn, transaction_id, is_inferred
            from bronze_config.{name}
            order by lsn, transaction_position, topic_offset
        """
        with self.connect(row_factory=dict_row) as connected:
            return connected.execute(query).fetchall()


@contextmanager
def running(folder: Path, kafka: Kafka, tables: str = THINGS, **options: Any):
    """The chain on empty topics and a bootstrapped warehouse with `tables`."""
    postgres = Postgres(folder.resolve() / "pg", place.cache_dir(), conf=CONF)
    consumer = Consumer(folder / "follow.log")
    with pytest.MonkeyPatch.context() as patch:
        try:
            bring_up(postgres)
            owner = connection(postgres.data_dir)
            known = {"host": "HOST", "port": "PORT", "dbname": "DATABASE"}
            for key, name in {**known, "user": "USER", "password": "PASSWORD"}.items():
                patch.setenv(f"PG{name}", str(owner[key]))
            patch.setenv("BULLION_DATA_DIR", str(folder / "bullion"))
            for name, value in stream.given(kafka.access).items():
                patch.setenv(name, value)
            settings.cache_clear()
            bootstrap.apply(**owner)
            with psycopg.connect(**owner, autocommit=True) as connected:
                connected.execute(tables)
            with stream.streaming(folder / "debezium", owner, kafka, **options) as one:
                consumer.start()
                chain = Chain(postgres, kafka, one, consumer)
                try:
                    wait_for(chain.is_followed, why=consumer.log.read_text)
                    yield chain
                finally:
                    consumer.kill()
        finally:
            settings.cache_clear()
            take_down(postgres)
            postgres.delete(silent)
    settings.cache_clear()


def wait_for(is_done: Any, wait_s: float = 600, why: Any = lambda: "") -> None:
    """Wait until `is_done`; what Postgres can not answer now counts as no."""
    deadline = time.monotonic() + wait_s
    while True:
        looked_at = time.monotonic()
        try:
            if is_done():
                return
        except psycopg.OperationalError:
            pass
        now = time.monotonic()
        assert now < deadline, why()
        # what is waited for wants the processor that a costly look takes
        time.sleep(max(0.05, 3 * (now - looked_at)))
