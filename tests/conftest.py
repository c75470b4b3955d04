"""One private Postgres for the session; each test has a warehouse of its own.

Under pytest-xdist each worker is such a session, with a server, folders and ports of
its own; what workers share are the caches of the user, which are locked.
"""

import gc
import os
import shutil
import signal
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier, Literal

from pipelines import bootstrap
from pipelines.local import port as ports
from pipelines.local.postgres import private_server
from pipelines.settings import PROJECT_DIR, settings
from tests.soak import IS_SOAK

RECORDED = PROJECT_DIR.parent / "shared" / "recorded"
TEMPLATE = "bootstrapped"
# dbt's manifest names the database, so one manifest serves all tests of one name. The
# other tests' databases have names that nothing which a test left behind knows.
WAREHOUSE = "warehouse"
numbers = count(1)
# what a test is taken to last when files are put in order, in seconds
SLOW_S, USUAL_S, QUICK_S = 20.0, 2.0, 0.02
# A run that takes so long is on a machine that has no time for the slow tests which it
# has not begun: they are left to `make soak`, each with this reason.
PATIENCE_S = 45 * 60
STARTED_S = time.monotonic()

# A background job of a shell ignores Ctrl-C, as would each process that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """A port that one worker has chosen, and not bound yet, no other one chooses."""
    known = getattr(config, "workerinput", {"workerid": "gw0", "workercount": 1})
    ports.RANGE = ports.RANGE[int(known["workerid"][2:]) :: known["workercount"]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, so that no worker begins one when the others end."""
    seconds: dict[Path, float] = defaultdict(float)
    for item in items:
        slow = item.get_closest_marker("slow")
        folder = item.path.relative_to(PROJECT_DIR / "tests").parts[0]
        usual = QUICK_S if folder in ("unit", "project") else USUAL_S
        seconds[item.path] += (*slow.args, SLOW_S)[0] if slow else usual
    items.sort(key=lambda item: (-seconds[item.path], item.path))


def pytest_collection_finish() -> None:
    """Tests are no garbage: of a run's own time 12 % looked for it, and 9 do since."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """On a machine that is much too slow, a run ends all the same."""
    is_late = time.monotonic() - STARTED_S > PATIENCE_S
    if is_late and not IS_SOAK and item.get_closest_marker("slow"):
        pytest.skip(f"{PATIENCE_S // 60} minutes are over: `make soak` runs it")


@pytest.fixture(autouse=True)
def exports() -> Iterator[None]:
    """Settings that a command exports to its own process end with its test."""
    known = set(os.environ)  # noqa: TID251
    yield
    for name in set(os.environ) - known:  # noqa: TID251
        if name.startswith("BULLION_"):  # those of libraries are set once
            del os.environ[name]  # noqa: TID251
    settings.cache_clear()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """libpq's parameters of a server whose template database is bootstrapped."""
    conf = (
        *("fsync = off", "synchronous_commit = off", "full_page_writes = off"),
        "scram_iterations = 1",
    )
    with private_server(tmp_path_factory.mktemp("server"), conf) as parameters:
        known = dict(parameters)
        with psycopg.connect(**known, autocommit=True) as connection:
            connection.execute(f"create database {TEMPLATE}")
            # hashed anew, with few iterations: half of what a connection costs
            password = SQL("alter role {} password {}").format(
                Identifier(known["user"]), Literal(known["password"])
            )
            connection.execute(password)
        bootstrap.apply(**{**known, "dbname": TEMPLATE})
        yield known


def copy_database(server: dict[str, Any], template: str, name: str) -> None:
    """Make the database `name`, all as in `template`."""
    copy = f"create database {name} template {template} strategy file_copy"
    rights = (  # which are not copied with the rest
        "update pg_database set datacl = t.datacl from pg_database as t"
        " where pg_database.datname = %s and t.datname = %s"
    )
    with psycopg.connect(**server, autocommit=True) as connection:
        connection.execute(copy)
        connection.execute(rights, (name, template))


def environment_of(known: dict[str, Any]) -> dict[str, str]:
    """libpq's variables for these parameters."""
    names = {"PGHOST": "host", "PGPORT": "port", "PGDATABASE": "dbname"}
    names |= {"PGUSER": "user", "PGPASSWORD": "password"}
    return {name: str(known[key]) for name, key in names.items()}


@contextmanager
def warehouse_of(
    server: dict[str, Any],
    folder: Path,
    environment: pytest.MonkeyPatch,
    template: str = TEMPLATE,
    *,
    name: str = WAREHOUSE,
    parsed: Path | None = None,
) -> Iterator[dict[str, Any]]:
    """libpq's parameters of a copy of `template`, to which the settings point.

    dbt finds the project as it was `parsed`, which takes it five seconds.
    """
    if parsed:
        shutil.copytree(parsed, folder / "bullion" / "dbt_target")
    copy_database(server, template, name)
    known = {**server, "dbname": name}
    for variable, value in environment_of(known).items():
        environment.setenv(variable, value)
    environment.setenv("BULLION_DATA_DIR", str(folder / "bullion"))
    settings.cache_clear()
    try:
        yield known
    finally:
        settings.cache_clear()
        with psycopg.connect(**server, autocommit=True) as connection:
            connection.execute(f"drop database {name} with (force)")


@contextmanager
def kept_as(
    name: str,
    server: dict[str, Any],
    folder: Path,
    template: str = TEMPLATE,
    *,
    parsed: Path | None = None,
) -> Iterator[None]:
    """What the block makes of a warehouse stands as `name`, for others to copy."""
    with (
        pytest.MonkeyPatch.context() as environment,
        warehouse_of(server, folder, environment, template, parsed=parsed),
    ):
        yield
        copy_database(server, WAREHOUSE, name)


@pytest.fixture
def database(
    server: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, Any]]:
    """libpq's parameters of a fresh warehouse; the settings point to it."""
    name = f"test_{next(numbers)}"
    with warehouse_of(server, tmp_path, monkeypatch, name=name) as known:
        yield known


@pytest.fixture
def seeded(database: dict[str, Any]) -> dict[str, Any]:
    """As `database`, and its configuration is the seeds, as `bullion up` has it."""
    bootstrap.apply(**database, seeds=PROJECT_DIR / "seeds")
    return database


@pytest.fixture(scope="session")
def parsed(server: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with dbt's project as it is parsed for the database `WAREHOUSE`."""
    # only who asks for it waits for dbt's imports
    from tests.contents.transform import manifest

    folder = tmp_path_factory.mktemp("parsed")
    with (
        pytest.MonkeyPatch.context() as environment,
        warehouse_of(server, folder, environment),
    ):
        manifest(WAREHOUSE)
        return settings().data_dir / "dbt_target"


@pytest.fixture
def parsed_database(
    server: dict[str, Any],
    parsed: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[dict[str, Any]]:
    """As `database`, for what runs dbt: its project is parsed already."""
    with warehouse_of(server, tmp_path, monkeypatch, parsed=parsed) as known:
        yield known


@pytest.fixture
def parsed_and_seeded(parsed_database: dict[str, Any]) -> dict[str, Any]:
    """As `parsed_database`, and its configuration is the seeds."""
    bootstrap.apply(**parsed_database, seeds=PROJECT_DIR / "seeds")
    return parsed_database


@pytest.fixture(scope="session")
def recorded() -> Path:
    """The folder of recorded real data that lies beside the checkout."""
    if not RECORDED.is_dir():
        pytest.skip(f"no recorded data at {RECORDED}: this test reads it")
    return RECORDED
