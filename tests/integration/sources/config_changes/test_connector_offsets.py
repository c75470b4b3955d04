"""Where the connector goes on: the statement by which it reads its stored offset."""

import json

import psycopg
import pytest

from pipelines.local.debezium_properties import OFFSETS_DDL, OFFSETS_SELECT

STORE = "insert into pg_temp.debezium_offset_storage values ('1', 'key', %s, now(), 1)"
WITHIN = {
    "transaction_id": "790",
    "lsn_proc": 300,
    "messageType": "INSERT",
    "lsn_commit": 100,
    "lsn": 300,
    "txId": 790,
    "transaction_data_collection_order_config.things": 40,
    "ts_usec": 1795273316352695,
}
SNAPSHOT = {"lsn": 100, "lsn_commit": 100, "snapshot": "INITIAL", "txId": 7}


@pytest.fixture
def read(database):
    """What the connector reads where it stored an offset; the key beside it."""
    with psycopg.connect(**database) as connection:
        connection.execute("set search_path = pg_temp")
        connection.execute(OFFSETS_DDL)

        def read(offset):
            connection.execute("truncate debezium_offset_storage")
            connection.execute(STORE, (json.dumps(offset),))
            ((_, key, found),) = connection.execute(OFFSETS_SELECT.encode()).fetchall()
            assert key == "key"
            return json.loads(found)

        yield read


def test_within_a_transaction_it_is_after_the_commit_before_it(read):
    assert read(WITHIN) == {
        "lsn_proc": 100,
        "messageType": "MESSAGE",
        "lsn_commit": 100,
        "lsn": 100,
        "txId": 790,
        "ts_usec": 1795273316352695,
    }


def test_after_a_heartbeat_it_is_as_it_was_stored(read):
    told = {"lsn_proc": 100, "messageType": "MESSAGE", "lsn_commit": 100, "lsn": 100}
    assert read(told) == told


def test_before_the_first_commit_only_the_counts_go(read):
    first = {name: value for name, value in WITHIN.items() if name != "lsn_commit"}
    kept = {n: v for n, v in first.items() if not n.startswith("transaction_")}
    assert read(first) == kept
    assert read(first | {"lsn_commit": None}) == kept | {"lsn_commit": None}


def test_within_a_snapshot_it_is_as_it_was_stored(read):
    assert read(SNAPSHOT) == SNAPSHOT
    assert read({}) == {}
