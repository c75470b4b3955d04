"""Locks of the warehouse: free as soon as their block has ended."""

import threading

import psycopg
import pytest

from pipelines import warehouse
from pipelines.errors import BusyError

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
