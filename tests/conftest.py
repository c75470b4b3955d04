"""One private Postgres for the session; each test has a database of its own."""

import signal
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from pipelines.local import bootstrap
from pipelines.local.postgres import private_server
from pipelines.settings import PROJECT_DIR, settings

RECORDED = PROJECT_DIR.parent / "shared" / "recorded"
TEMPLATE = "bootstrapped"
numbers = count(1)

# A background job of a shell ignores Ctrl-C, as would each process that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """libpq's parameters of a server whose template database is bootstrapped."""
    conf = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")
    with private_server(tmp_path_factory.mktemp("server"), conf) as parameters:
        known = dict(parameters)
        with psycopg.connect(**known, autocommit=True) as connection:
            connection.execute(f"create database {TEMPLATE}")
        bootstrap.apply(**{**known, "dbname": TEMPLATE})
        yield known


@pytest.fixture
def database(
    server: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, Any]]:
    """libpq's parameters of a fresh warehouse; the settings point to it."""
    name = f"test_{next(numbers)}"
    with psycopg.connect(**server, autocommit=True) as connection:
        connection.execute(f"create database {name} template {TEMPLATE}")
    known = {**server, "dbname": name}
    for variable, key in {
        "PGHOST": "host",
        "PGPORT": "port",
        "PGDATABASE": "dbname",
        "PGUSER": "user",
        "PGPASSWORD": "password",
    }.items():
        monkeypatch.setenv(variable, str(known[key]))
    monkeypatch.setenv("BULLION_DATA_DIR", str(tmp_path / "bullion"))
    settings.cache_clear()
    bootstrap.apply(**known)  # rights on a database are not copied from a template
    yield known
    settings.cache_clear()
    with psycopg.connect(**server, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture(scope="session")
def recorded() -> Path:
    """The folder of recorded real data that lies beside the checkout."""
    if not RECORDED.is_dir():
        pytest.skip(f"no recorded data at {RECORDED}: this test reads it")
    return RECORDED
