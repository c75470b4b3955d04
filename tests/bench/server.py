"""The bench's own Postgres, with the settings of the embedded one: fsync is on."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from pipelines import bootstrap
from pipelines.local import place
from pipelines.local.postgres import private_server
from pipelines.local.postgres_server import postmaster_pid
from pipelines.settings import export

SAMPLE_S = 0.5


@dataclass
class Memory:
    """Most private memory: of one process of the server, and of all at one time."""

    one_mb: float = 0
    all_mb: float = 0


@dataclass(frozen=True)
class Server:
    """A running server and its folder."""

    parameters: dict[str, Any]
    folder: Path

    @property
    def version(self) -> str:
        """What it calls itself, with the settings that matter here."""
        with psycopg.connect(**self.parameters) as connection:
            info = connection.info
            shared, fsync = (
                connection.execute("select current_setting(%s)", (name,)).fetchone()
                for name in ("shared_buffers", "fsync")
            )
            version = info.parameter_status("server_version")
        said = f"shared_buffers {(shared or '?')[0]}, fsync {(fsync or '?')[0]}"
        return f"Postgres {version} ({said})"

    @property
    def pid(self) -> int:
        """The postmaster."""
        data = place.existing_state_folder(self.folder / "server", "postgres") / "data"
        return postmaster_pid(data) or 0

    @contextmanager
    def database(self, name: str) -> Iterator[None]:
        """A bootstrapped database of that name; this process's settings point to it."""
        with psycopg.connect(**self.parameters, autocommit=True) as connection:
            connection.execute(f"create database {name}")
        known = {**self.parameters, "dbname": name}
        bootstrap.apply(**known)
        names = {"host": "PGHOST", "port": "PGPORT", "dbname": "PGDATABASE"}
        names |= {"user": "PGUSER", "password": "PGPASSWORD"}
        data_dir = {"BULLION_DATA_DIR": str(self.folder / f"data-{name}")}
        export({**{names[key]: str(known[key]) for key in names}, **data_dir})
        yield
        with psycopg.connect(**self.parameters, autocommit=True) as connection:
            connection.execute(f"drop database {name} with (force)")

    @contextmanager
    def watched(self) -> Iterator[Memory]:
        """Its memory while the block runs, looked at twice a second (Linux)."""
        memory, ended, pid = Memory(), threading.Event(), self.pid

        def watch() -> None:
            while not ended.wait(SAMPLE_S):
                found = _private_mb(pid)
                memory.one_mb = max([memory.one_mb, *found])
                memory.all_mb = max(memory.all_mb, sum(found))

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield memory
        finally:
            ended.set()
            thread.join()


@contextmanager
def started(folder: Path) -> Iterator[Server]:
    """A server in `folder`, ended and deleted with the block."""
    with private_server(folder / "server", conf=()) as parameters:
        yield Server(dict(parameters), folder)


def _private_mb(parent: int) -> list[float]:
    """Memory of each child of `parent` that it shares with nobody."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text(encoding="utf-8")
        except OSError:
            continue
        if re.search(rf"^PPid:\s*{parent}$", text, re.MULTILINE):
            private = re.search(r"^RssAnon:\s*(\d+)", text, re.MULTILINE)
            found.append(int(private[1]) / 1024 if private else 0)
    return found
