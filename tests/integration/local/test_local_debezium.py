"""Debezium Server as a local service, from a real Postgres to a real Kafka."""

import os
import signal
import subprocess
import time
from dataclasses import replace

import psycopg
import pytest

from pipelines.doctor.stream import services
from pipelines.errors import SetupError, UpstreamError
from pipelines.local import debezium_service, kafka_users
from pipelines.local.cdc_role import CdcRole
from pipelines.local.debezium_properties import MESSAGES_TOPIC, TRANSACTIONS_TOPIC
from pipelines.local.debezium_service import Debezium, health
from pipelines.local.kafka_access import Access
from pipelines.local.service import UnavailableError, bring_up, silent, take_down
from tests.services.stream import (
    config_database,
    received,
    streaming,
)

TOPIC = "bullion.config.things"
SECRET = "correct-horse-battery"


@pytest.fixture(scope="module")
def owner(server):
    with config_database(server) as found:
        yield found


@pytest.fixture(scope="module")
def debezium(owner, kafka, tmp_path_factory):
    folder = tmp_path_factory.mktemp("debezium")
    with streaming(folder, owner, kafka, password=SECRET) as service:
        yield service


def change(owner, *statements):
    with psycopg.connect(**owner, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def events(kafka, until, topic=TOPIC, wait_s=300):
    return received(kafka.access, topic, until, wait_s)


def names(found):
    return [value["after"]["name"] for _, value in found if value and value["after"]]


def until(look, wait_s=300):
    deadline = time.monotonic() + wait_s
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_each_change_arrives_with_its_key_its_before_and_its_transaction(
    debezium,
    owner,
    kafka,
):
    change(
        owner,
        "insert into config.things values (1, 'new', 1.10)",
        "update config.things set name = 'newer' where id = 1",
        "delete from config.things where id = 1",
    )
    found = events(kafka, lambda f: len(f) >= 4)[:4]
    assert [key for key, _ in found] == [{"id": 1}] * 4
    inserted, updated, deleted, tombstone = (value for _, value in found)
    assert tombstone is None
    assert [e["op"] for e in (inserted, updated, deleted)] == ["c", "u", "d"]
    assert inserted["after"]["rate"] == "1.10"  # as it was written, no float
    assert updated["before"]["name"] == "new"  # the whole row, not its key alone
    assert deleted["before"]["name"] == "newer"
    assert inserted["transaction"]["total_order"] == 1
    assert inserted["source"]["lsn"] < updated["source"]["lsn"]
    ended = events(kafka, lambda f: len(f) >= 6, TRANSACTIONS_TOPIC)
    assert [value["status"] for _, value in ended[:2]] == ["BEGIN", "END"]


def test_a_heartbeat_goes_the_whole_way_without_a_table(debezium, kafka):
    ((_, value),) = events(kafka, lambda f: f, MESSAGES_TOPIC)[:1]
    assert value["op"] == "m"
    assert value["message"]["prefix"] == "bullion heartbeat"


def test_the_password_shows_nowhere(debezium):
    listing = subprocess.check_output(["ps", "-eww", "-o", "args"], text=True)
    files = [path for path in debezium.data_dir.rglob("*") if path.is_file()]
    assert debezium.log in files
    assert SECRET not in listing + repr(debezium)
    assert not [path for path in files if SECRET in path.read_text(errors="replace")]


def test_it_is_found_again_and_unpacked_once(debezium):
    marker = debezium._distribution.root / "complete.json"
    before = marker.stat().st_ino
    again = replace(debezium)
    assert again.running()
    assert bring_up(again).address == debezium.address
    again.fetch(silent)
    assert marker.stat().st_ino == before


def test_a_new_table_gets_its_topic_while_it_runs(debezium, owner, kafka):
    change(
        owner,
        "create table config.more (id bigint primary key)",
        "select config.publish('config.more')",
    )
    said: list[str] = []
    debezium.resume(said.append)
    assert said == ["made the topics bullion.config.more"]
    change(owner, "insert into config.more values (7)")
    assert events(kafka, len, "bullion.config.more")[0][0] == {"id": 7}


def test_with_every_process_killed_in_a_stream_nothing_is_missing_or_out_of_order(
    debezium,
    owner,
    kafka,
):
    started_with = len(events(kafka, lambda f: len(f) >= 4))
    for number in range(60):
        change(owner, f"insert into config.things values ({100 + number}, 'n{number}')")
        if number == 20:
            os.kill(debezium.pid, signal.SIGKILL)
        if number == 40:
            os.kill(kafka.pid, signal.SIGKILL)
            if pid := debezium.pid:
                os.kill(pid, signal.SIGKILL)
    until(kafka.ready, 180)  # two JVMs start at once
    found = names(events(kafka, lambda f: "n59" in names(f)[-1:], wait_s=600))
    fresh = [name for name in found if name.startswith("n") and name[1:].isdigit()]
    assert list(dict.fromkeys(fresh)) == [f"n{number}" for number in range(60)]
    assert started_with


def test_a_kafka_that_does_not_know_it_gets_its_password_anew(
    debezium,
    owner,
    kafka,
    monkeypatch,
):
    kafka_users.writer(kafka.access, "another")
    said: list[str] = []
    with monkeypatch.context() as patch:
        # one that was made anew; a user that is removed is another story (kafka_users)
        patch.setattr(kafka_users, "has_writer", lambda _: False)
        bring_up(debezium, said.append)
    assert said[0] == "Postgres or Kafka moved, or is another: debezium is started anew"
    change(owner, "insert into config.things values (250, 'known again')")
    assert events(kafka, lambda f: "known again" in names(f))


def test_connections_that_postgres_ends_are_made_again(
    debezium,
    owner,
    kafka,
):
    change(
        owner,
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'cdc'",
        "insert into config.things values (300, 'after the cut')",
    )
    assert events(kafka, lambda f: "after the cut" in names(f))


def test_a_slot_that_was_dropped_while_it_was_down_costs_no_row(
    debezium,
    owner,
    kafka,
):
    take_down(debezium)
    assert not debezium.running()
    change(
        owner,
        "insert into config.things values (400, 'unseen by any slot')",
        "select pg_drop_replication_slot('bullion_config')",
    )
    assert bring_up(debezium).is_ready
    found = events(kafka, lambda f: "unseen by any slot" in names(f))
    assert [value["op"] for key, value in found if key == {"id": 400}] == ["r"]


def test_without_a_publication_it_says_what_is_missing(server, kafka, tmp_path):
    with config_database(server, is_empty=True) as empty:
        service = Debezium(tmp_path, tmp_path, lambda: empty, lambda: kafka.access)
        with pytest.raises(
            UnavailableError, match=r"lacks .*run `bullion up postgres`"
        ):
            service.configure(silent)


def test_a_role_that_may_not_connect_is_refused_before_anything_starts(server):
    with config_database(server) as closed:
        change(closed, f"revoke all on database {closed['dbname']} from public, cdc")
        with pytest.raises(
            SetupError, match=r"cdc can not log in: .*permission denied"
        ):
            CdcRole(closed).give_password(SECRET)


def test_without_kafka_it_says_so(owner, tmp_path):
    service = Debezium(tmp_path, tmp_path, lambda: owner, lambda: Access("127.0.0.1:1"))
    with pytest.raises(UpstreamError, match="run `bullion up kafka`"):
        service.configure(silent)


def test_when_it_can_not_start_its_log_is_quoted_without_the_password(
    debezium,
    owner,
    kafka,
    tmp_path,
):
    gone = {**owner, "port": 1}
    service = replace(debezium, data_dir=tmp_path, ready_timeout_s=8)
    service.configure(silent)
    told = service._properties.read_text().replace(
        str(owner["port"]), str(gone["port"])
    )
    service._properties.write_text(told)
    try:
        service.start(silent)
        until(lambda: "watch: it ended" in service.log.read_text())
        assert health(service.address) != "UP"
        assert SECRET not in service.log.read_text()
    finally:
        take_down(service)


def test_doctor_says_what_a_silent_connector_means(debezium, monkeypatch):
    monkeypatch.setattr(debezium_service, "known_address", lambda: debezium.address)
    until(
        lambda: health(debezium.address) == "UP"
    )  # its offsets were away a moment ago
    assert services.debezium() == f"UP at {debezium.address}"
    monkeypatch.setattr(debezium_service, "known_address", lambda: "http://127.0.0.1:1")
    with pytest.raises(Exception, match="wait in Postgres, whose WAL grows"):
        services.debezium()


def test_it_is_not_deleted_while_it_runs(debezium):
    with pytest.raises(SetupError, match="stop it"):
        debezium.delete(silent)
