"""Locks of the warehouse are free when their block ends; who is silent is given up."""

import socket
import threading
import time

import psycopg
import pytest

from pipelines import warehouse
from pipelines.errors import BusyError
from pipelines.settings import settings

KEY = "load of a test"


def test_a_lock_is_free_when_its_block_ends_though_its_backend_lives_on(
    database, monkeypatch
):
    lingering: list[psycopg.Connection] = []

    def stay(self):
        lingering.append(self)

    with monkeypatch.context() as patch:
        patch.setattr(psycopg.Connection, "close", stay)
        with warehouse.locked([KEY], "test"):
            pass
    with warehouse.locked([KEY], "test"):
        assert [connection.closed for connection in lingering] == [False]
    for connection in lingering:
        connection.close()


def test_a_lock_that_was_held_a_moment_ago_is_asked_for_again(database, monkeypatch):
    """Between the question for the lock and that for its holder it was freed."""
    tries = iter([False, True])
    monkeypatch.setattr(warehouse, "try_lock", lambda *_: next(tries))
    with warehouse.locked([KEY], "test"):
        assert not list(tries)


def test_a_lock_of_a_process_that_was_killed_is_waited_for(database):
    """Its backend has not noticed yet."""
    dying = warehouse.connect("loader", "killed")
    assert warehouse.try_lock(dying, KEY)
    noticing = threading.Timer(0.3, dying.close)
    noticing.start()
    with warehouse.locked([KEY], "test"):
        assert dying.closed
    noticing.join()


def test_a_lock_that_is_held_names_its_holder(database):
    with (
        warehouse.locked([KEY], "another load"),
        pytest.raises(BusyError, match=r"held by bullion another load, pid \d+ on "),
        warehouse.locked([KEY], "test"),
    ):
        pass


def test_a_server_that_takes_connections_and_says_nothing_is_given_up(
    database, monkeypatch
):
    monkeypatch.setattr(warehouse, "CONNECT_TIMEOUT_S", 2)  # the least of libpq
    began = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("PGPORT", str(silent.getsockname()[1]))
        settings.cache_clear()
        with pytest.raises(psycopg.OperationalError, match="timeout"):
            warehouse.connect("loader", "test")
    assert time.monotonic() - began < 20
