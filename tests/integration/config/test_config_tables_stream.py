"""From `bullion config set` through Debezium and Kafka to `bullion config history`."""

import json
import time
from dataclasses import replace

import psycopg
import pytest
from typer.testing import CliRunner

from pipelines.cli.main import app
from pipelines.local.kafka_cluster import cluster_id
from pipelines.settings import settings
from tests.histories.config_choices import bullion, told
from tests.services import stream
from tests.services.stream import kafka  # noqa: F401

KEY = ("instruments", "kraken", "BTC/USD")


@pytest.fixture
def chain(database, kafka, tmp_path, monkeypatch):  # noqa: F811
    """A bootstrapped warehouse whose config tables are streamed as they come."""
    for name, value in stream.given(kafka.access).items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    with stream.streaming(tmp_path / "debezium", database, kafka):
        yield database
    settings.cache_clear()


def followed(until, wait_s=300):
    """Follow until the history of `KEY` is as long; it."""
    deadline = time.monotonic() + wait_s
    while True:
        told("follow", "--until-current")
        done = told("history", *KEY)
        if until(done):
            return done
        assert time.monotonic() < deadline, done


@pytest.mark.slow
def test_what_an_operator_sets_shows_in_the_history_of_its_key(chain):
    told("import")
    told("set", *KEY, "since=-P7D", "feeds=candles")
    with psycopg.connect(**chain, options="-c role=operator") as connection:
        connection.execute(
            "delete from config.instruments where symbol = 'BTC/USD'"
            " and exchange_id = 'kraken'"
        )
    told("add", *KEY)
    found = followed(lambda done: len(done) >= 4)
    added, changed, removed, again = found
    assert added["happened"] == "added"
    assert "since -P1D" in added["what"]
    assert changed["happened"] == "changed"
    assert changed["what"] == "since -P1D → -P7D, feeds candles trades → candles"
    assert removed["happened"] == "removed"
    assert again["happened"] == "added"
    assert added["committed_at"] < changed["committed_at"] < again["committed_at"]
    assert [c["lsn"] for c in found] == sorted(c["lsn"] for c in found)
    assert told("dead-letters") == []


@pytest.mark.slow
def test_what_is_refused_leaves_no_event(chain):
    told("import")
    assert bullion("set", *KEY, "since=soon").exit_code == 65
    told("set", *KEY, "priority=history")
    found = followed(lambda done: len(done) >= 2)
    assert [c["what"] for c in found[1:]] == ["priority live → history"]


@pytest.mark.slow
def test_the_topics_of_a_bootstrapped_warehouse_are_made_once(
    database,
    kafka,  # noqa: F811
    monkeypatch,
):
    for name, value in stream.given(kafka.access).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("BULLION_CDC_PASSWORD", "correct-horse-battery")
    settings.cache_clear()
    stream.delete_topics(kafka.access)
    done = CliRunner().invoke(app, ["stream", "prepare", "--admit", "--json"])
    made = {row["topic"] for row in json.loads(done.stdout)}
    tables = ("endpoints", "exchanges", "instruments", "thresholds")
    assert {f"bullion.config.{name}" for name in tables} <= made
    again = CliRunner().invoke(app, ["stream", "prepare", "--admit", "--json"])
    assert json.loads(again.stdout) == []
    cdc = {**database, "user": "cdc", "password": "correct-horse-battery"}
    with psycopg.connect(**cdc) as connection:
        connection.execute("select from config.instruments")
    writer = replace(kafka.access, user="debezium", password="correct-horse-battery")
    assert cluster_id(writer)
    settings.cache_clear()
