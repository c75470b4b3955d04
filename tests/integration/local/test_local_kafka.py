"""A real Kafka broker as a local service, as it is fetched, found, killed and kept."""

import os
import signal
import socket
import time
from dataclasses import replace

import pytest
from kafka import KafkaProducer

from pipelines.errors import SetupError
from pipelines.local import change_topics, place, stack
from pipelines.local.kafka_cluster import cluster_id
from pipelines.local.kafka_service import Kafka
from pipelines.local.service import bring_up, silent, take_down
from pipelines.settings import settings
from tests.services.stream import delete_topics, given, received

DAY_MS = 86_400_000


@pytest.fixture
def topic(kafka):
    delete_topics(kafka.access)
    topics = change_topics.declared(["config.things"], 7)
    assert change_topics.create(kafka.access, topics) == sorted(topics)
    return change_topics.topic_of("config.things")


def write(kafka, topic, *values):
    producer = KafkaProducer(**kafka.access.client_options, acks="all")
    for value in values:
        producer.send(topic, key=b"1", value=value.encode()).get(30)
    producer.close()


def values(kafka, topic, number):
    found = received(kafka.access, topic, lambda f: len(f) == number)
    return [value for _, value in found]


def until(look, wait_s=300):
    deadline = time.monotonic() + wait_s
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_it_answers_on_this_machine_only(kafka):
    assert kafka.ready()
    host, port = kafka.address.split(":")
    assert host == "127.0.0.1"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", int(port)), timeout=2)


def test_a_new_process_finds_it_and_fetches_nothing_again(kafka):
    jars = {path: path.stat().st_mtime_ns for path in kafka._artifacts.paths()}
    said: list[str] = []
    again = Kafka(kafka.data_dir, kafka.cache_dir)
    assert again.running()
    assert bring_up(again, said.append).address == kafka.address
    again.fetch(said.append)
    again.verify()
    assert said == [f"kafka is ready at {kafka.address}"]
    assert jars == {path: path.stat().st_mtime_ns for path in jars}


def test_topics_are_compacted_late_and_made_once(kafka, topic):
    declared = change_topics.declared(["config.things"], 7)
    assert declared[topic]["min.compaction.lag.ms"] == str(7 * DAY_MS)
    assert change_topics.create(kafka.access, declared) == []
    longer = change_topics.declared(["config.things", "config.more"], 9)
    assert change_topics.create(kafka.access, longer) == ["bullion.config.more"]
    kept_ms = str(9 * DAY_MS)
    # the broker follows its controller, who has answered
    until(lambda: _settings(kafka.access, topic)["delete.retention.ms"] == kept_ms)
    assert _settings(kafka.access, topic)["cleanup.policy"] == "compact"


def _settings(access, name):
    from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

    client = KafkaAdminClient(**access.client_options)
    asked = [ConfigResource(ConfigResourceType.TOPIC, name)]
    found = client.describe_configs(asked)
    client.close()
    (by_name,) = found.values()
    return {key: str(facts["value"]) for key, facts in by_name[name].items()}


def test_a_topic_that_nobody_declared_is_not_made(kafka):
    producer = KafkaProducer(**kafka.access.client_options, max_block_ms=500)
    with pytest.raises(Exception, match=r"(?i)topic|metadata|timeout|timed out"):
        producer.send("a.typing.mistake", value=b"1").get(2)
    producer.close()
    assert "a.typing.mistake" not in _topics(kafka.access)


def _topics(access):
    from kafka.admin import KafkaAdminClient

    client = KafkaAdminClient(**access.client_options)
    found = client.list_topics()
    client.close()
    return found


def test_killed_it_comes_back_by_itself_with_what_was_written(kafka, topic):
    write(kafka, topic, '"before"')
    address, pid = kafka.address, kafka.pid
    os.kill(pid, signal.SIGKILL)
    until(lambda: kafka.pid not in (None, pid) and kafka.ready(), 180)
    assert kafka.address == address
    write(kafka, topic, '"after"')
    assert values(kafka, topic, 2) == ["before", "after"]


def test_stopped_and_started_it_has_its_port_and_its_topics(kafka, topic):
    write(kafka, topic, '"kept"')
    address = kafka.address
    assert take_down(kafka).is_running is False
    assert cluster_id(kafka.access) is None
    assert bring_up(Kafka(kafka.data_dir, kafka.cache_dir)).address == address
    assert values(kafka, topic, 1) == ["kept"]


def test_a_port_that_is_taken_is_refused_by_name(kafka, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        given = replace(kafka, data_dir=tmp_path, port=server.getsockname()[1])
        with pytest.raises(SetupError, match="BULLION_KAFKA_PORT"):
            bring_up(given)


def test_it_is_not_deleted_while_it_runs(kafka):
    with pytest.raises(SetupError, match="stop it"):
        kafka.delete(silent)


def test_a_broker_of_ones_own_is_used_and_none_is_started(kafka, monkeypatch, tmp_path):
    monkeypatch.setenv("BULLION_DATA_DIR", str(tmp_path))
    for name, value in given(kafka.access).items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    assert stack.up(["kafka"]) == []
    assert not Kafka(place.data_dir(), place.cache_dir()).running()
    settings.cache_clear()
