"""The stream of config changes for a part of the bench: all of it real.

A Kafka and a Debezium Server of its own on a database of the bench's server, and
`bullion` commands as processes.
"""

import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines import warehouse
from pipelines.local import place
from pipelines.local.debezium_service import Debezium
from pipelines.local.kafka_access import Access
from pipelines.local.kafka_service import Kafka
from pipelines.local.postgres import warehouse_parameters
from pipelines.local.service import bring_up, silent, tail, take_down
from pipelines.settings import PROJECT_DIR, child_environment, export
from tests.bench.child import ChildError
from tests.bench.machine import peak_mb
from tests.services.command import BULLION
from tests.services.stream import drop_slot, given

STOP_S = 60
# no rule of its own: what a commit costs is what config.publish adds to it
TABLE = """
create table config.{name} (
    id bigint primary key, name text not null, rate numeric(20, 8), at timestamptz
)
"""


@dataclass(frozen=True)
class ChangeStream:
    """A broker and a connector that run, and where their processes log."""

    kafka: Kafka
    debezium: Debezium
    folder: Path

    def peaks_mb(self) -> dict[str, float]:
        """The most memory that either Java process has held."""
        services = {"Kafka": self.kafka.pid, "Debezium Server": self.debezium.pid}
        return {name: peak_mb(pid) for name, pid in services.items() if pid}

    def process(self, *words: str) -> AbstractContextManager[subprocess.Popen[bytes]]:
        """`bullion WORDS` while the block runs, its log in this folder."""
        return beside(self.folder, *words)


@contextmanager
def beside(folder: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """`bullion WORDS` while the block runs, then told to end.

    Raises:
        ChildError: it ended by itself, or badly; with what it wrote last.
    """
    log = folder / f"{'-'.join(words)}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*BULLION, *words],
            cwd=PROJECT_DIR,
            env=child_environment({"PYTHONPATH": str(PROJECT_DIR)}),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:  # whoever waited in vain for what it does is told why as well
        ended_itself = process.poll() is not None
        code = _ended(process)
        if ended_itself or code:
            raise ChildError(f"bullion {' '.join(words)}: exit {code}: {tail(log)}")


def bullion(*words: str) -> None:
    """Run `bullion WORDS` to its end.

    Raises:
        ChildError: it failed.
    """
    done = subprocess.run(
        [*BULLION, *words],
        cwd=PROJECT_DIR,
        env=child_environment({"PYTHONPATH": str(PROJECT_DIR)}),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ChildError(f"bullion {' '.join(words)}: {done.stderr[-2000:]}")


@contextmanager
def streaming(folder: Path, published: Sequence[str] = ()) -> Iterator[ChangeStream]:
    """The stream of the database that the settings point to, ended with the block.

    The tables `published` are made and published beside those of the bootstrap.

    Raises:
        UnavailableError: Kafka, Debezium Server or Java can not be had here.
    """
    with warehouse.connect(None, "bench") as connection:
        for name in published:
            connection.execute(TABLE.format(name=name).encode())
            connection.execute("select config.publish(%s)", (f"config.{name}",))
    cache, owner = place.cache_dir(), warehouse_parameters()
    kafka = Kafka(folder / "stream", cache)
    debezium = Debezium(
        folder / "stream", cache, lambda: owner, lambda: access_of(kafka)
    )
    try:
        bring_up(kafka)
        bring_up(debezium)
        export(given(access_of(kafka)))
        yield ChangeStream(kafka, debezium, folder)
    finally:
        for service in (debezium, kafka):
            take_down(service)
            service.delete(silent)
        drop_slot(owner)


def access_of(kafka: Kafka) -> Access:
    """As whom a broker that runs is administered."""
    access = kafka.access
    if access is None:
        raise ChildError("Kafka was not started")
    return access


def _ended(process: subprocess.Popen[bytes]) -> int:
    """Its exit code, after it was asked to end."""
    process.send_signal(signal.SIGTERM)
    try:
        return process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
