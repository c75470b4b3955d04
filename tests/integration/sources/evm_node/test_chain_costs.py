"""What calls cost: a quota of all processes, counted by method and UTC day."""

import threading

import psycopg
import pytest

from tests.contents.roles import acting, run

SPEND = "select is_granted, day_left, month_left from ops.spend_chain_units("


def spend(database, units, *, per_day=0, per_month=0, endpoint="main", calls=1):
    ((granted, day, month),) = run(
        database,
        "loader",
        f"{SPEND}'ethereum', '{endpoint}', 'eth_call', {calls}, {units},"
        f" {per_day}, {per_month})",
    )
    return granted, day, month


def costs(database):
    query = (
        "select endpoint, method, calls_count, units, bytes_count from ops.chain_costs"
    )
    return run(database, "loader", f"{query} order by 1, 2")


def test_without_a_quota_all_is_granted_and_counted(database):
    assert spend(database, 5, calls=2) == (True, None, None)
    assert spend(database, 7) == (True, None, None)
    run(
        database,
        "loader",
        "select ops.note_chain_bytes('ethereum', 'main', 'eth_call', 100)",
    )
    assert costs(database) == [("main", "eth_call", 3, 12, 100)]


def test_what_a_day_does_not_hold_is_refused_and_not_counted(database):
    assert spend(database, 60, per_day=100) == (True, 100, None)
    assert spend(database, 60, per_day=100) == (False, 40, None)
    assert spend(database, 40, per_day=100) == (True, 40, None)
    assert spend(database, 1, per_day=100) == (False, 0, None)
    assert spend(database, 60, per_day=100, endpoint="other") == (True, 100, None)
    assert costs(database) == [
        ("main", "eth_call", 2, 100, 0),
        ("other", "eth_call", 1, 60, 0),
    ]


def test_a_new_day_has_a_new_quota_and_a_new_month_another(database):
    spend(database, 90, per_day=100, per_month=150)
    run(database, None, "update ops.chain_costs set day = day - 1")
    first = run(database, None, "select extract(day from now() at time zone 'UTC') = 1")
    granted = spend(database, 90, per_day=100, per_month=150)
    assert granted == ((True, 100, 150) if first == [(True,)] else (False, 100, 60))
    run(database, None, "update ops.chain_costs set day = day - 40")
    assert spend(database, 90, per_day=100, per_month=150) == (True, 100, 150)


def test_processes_that_spend_at_once_never_go_beyond(database):
    granted = []

    def work():
        with acting(database, "loader") as connection:
            for _ in range(30):
                query = f"{SPEND}'ethereum', 'main', 'eth_call', 1, 1, 50, 1000)"
                row = connection.execute(query.encode()).fetchone()
                granted.append(row[0])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert granted.count(True) == 50
    assert costs(database) == [("main", "eth_call", 50, 50, 0)]


@pytest.mark.parametrize("role", ["operator", "analyst", "transformer", "cdc"])
def test_a_quota_is_the_loaders_to_spend(database, role):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run(database, role, f"{SPEND}'a', 'b', 'c', 1, 1, 0, 0)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run(database, role, "update ops.chain_costs set units = 0")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run(database, "loader", "update ops.chain_costs set units = 0")


def test_what_an_endpoint_lacks_is_noted_and_forgotten(database):
    note = "select ops.note_endpoint_lack('ethereum', 'main', 'batches', '{}')"
    run(database, "loader", note.format("once"))
    run(database, "loader", note.format("twice"))
    lacks = "select lack, reason from ops.endpoint_lacks"
    assert run(database, "loader", lacks) == [("batches", "twice")]
    forget = "select ops.forget_endpoint_lack('ethereum', 'main', 'batches')"
    run(database, "loader", forget)
    assert run(database, "loader", lacks) == []
