"""A chain of one's own servers whose slot keeps 16 MB, so that it can be lost."""

import threading
import time
from contextlib import contextmanager

import psycopg
import pytest

from pipelines import bootstrap, warehouse
from pipelines.config import status
from pipelines.local import replication_slot
from pipelines.local.postgres import private_server
from pipelines.local.service import bring_up, silent
from pipelines.settings import settings
from pipelines.sources.config_changes import follow
from pipelines.sources.config_changes.agreement import lasting_differences
from tests.services import stream

CONF = (
    "fsync = off",
    "synchronous_commit = off",
    "full_page_writes = off",
    "max_slot_wal_keep_size = '16MB'",
    "min_wal_size = '32MB'",
    "max_wal_size = '64MB'",
)
FILL = """
insert into public.filler
select repeat(md5(n::text), 30) from generate_series(1, 10000) as n
"""


@pytest.fixture(scope="module")
def owner(tmp_path_factory):
    """libpq's parameters of a bootstrapped warehouse on that server."""
    with private_server(tmp_path_factory.mktemp("small"), CONF) as parameters:
        bootstrap.apply(**parameters)
        yield dict(parameters)


@pytest.fixture(scope="module")
def debezium(owner, kafka, tmp_path_factory):
    with stream.streaming(tmp_path_factory.mktemp("debezium"), owner, kafka) as service:
        yield service


@pytest.fixture
def chain(owner, kafka, debezium, tmp_path, monkeypatch):
    """The settings point to it, two exchanges stand; statements run on it as owner."""
    given = {
        **{f"PG{name.upper()}": owner[name] for name in ("host", "port", "password")},
        "PGDATABASE": owner["dbname"],
        "PGUSER": owner["user"],
        **stream.given(kafka.access),
        "BULLION_DEBEZIUM": debezium.address,
        "BULLION_DATA_DIR": tmp_path,
    }
    for name, value in given.items():
        monkeypatch.setenv(name, str(value))
    settings.cache_clear()
    bring_up(debezium)
    with psycopg.connect(**owner, autocommit=True) as connection:
        connection.execute("delete from config.exchanges")
        connection.execute(
            "insert into config.exchanges values ('binance'), ('kraken')"
        )
        take_in()
        yield connection
    settings.cache_clear()


def take_in():
    """Follow until the history is what stands."""
    deadline = time.monotonic() + 3000
    while True:
        follow.follow_config(threading.Event(), silent, until_current=True)
        if not (found := differ()):
            return
        assert time.monotonic() < deadline, found


@contextmanager
def followed():
    """The consumer runs meanwhile."""
    stop = threading.Event()
    thread = threading.Thread(target=follow.follow_config, args=(stop, silent))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def carry_out():
    """What `bullion collect` does with the changes that wait."""
    with warehouse.connect("loader", "test") as connection:
        found = status.open_changes(connection)
        status.applied(connection, found, "test")


def differ():
    """What history and tables differ in, told."""
    with warehouse.connect("loader", "test") as connection:
        return [str(one) for one in lasting_differences(connection)]


def slot_of(connection):
    """The slot, which is there."""
    found = replication_slot.slot(connection)
    assert found
    return found


def lose_the_slot(connection):
    """Write WAL until the slot's part of it is removed."""
    write_wal(connection, lambda slot: slot.is_lost)


def write_wal(connection, until):
    """Write WAL, with checkpoints, until the slot is as wanted."""
    connection.execute("create table if not exists public.filler (text text)")
    deadline = time.monotonic() + 300
    while not until(slot_of(connection)):
        assert time.monotonic() < deadline, slot_of(connection)
        connection.execute(FILL)
        connection.execute("truncate public.filler")
        connection.execute("checkpoint")
