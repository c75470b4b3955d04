"""Who gets into a real broker, and who may do what there."""

import os
import stat
from dataclasses import replace

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from pipelines.errors import UpstreamError
from pipelines.local import change_topics, kafka_users
from pipelines.local.debezium_properties import (
    DEAD_LETTERS_TOPIC,
    HEARTBEAT_TOPIC,
    MESSAGES_TOPIC,
    SIGNALS_TOPIC,
    TRANSACTIONS_TOPIC,
)
from pipelines.local.kafka_access import Access, jaas
from pipelines.local.kafka_cluster import cluster_id
from pipelines.sources.config_changes.kafka_clients import KafkaClients
from tests.contents import secrets_shown
from tests.contents.kafka_frames import answers_anybody
from tests.services.stream import delete_topics
from tests.unit.local.test_kafka_client import left_open

THINGS = change_topics.topic_of("config.things")
SECRET = "correct-horse-battery"


@pytest.fixture
def topics(kafka):
    delete_topics(kafka.access)
    declared = change_topics.declared(["config.things"], 7)
    change_topics.create(kafka.access, declared)
    return sorted(declared)


@pytest.fixture
def writer(kafka, topics):
    return kafka_users.writer(kafka.access, SECRET)


def strangers(kafka):
    access = kafka.access
    return {
        "nobody": Access(access.address),
        "another password": replace(access, password=SECRET),
        "another user": replace(access, user="admin"),
        "the password of another user": replace(access, user="debezium"),
    }


@pytest.mark.parametrize(
    "who",
    ["nobody", "another password", "another user", "the password of another user"],
)
def test_a_client_without_the_credential_is_refused_and_told(kafka, who):
    stranger = strangers(kafka)[who]
    assert cluster_id(kafka.access)
    assert cluster_id(stranger) is None
    clients = KafkaClients(stranger, timeout_ms=2000)
    told = "asks for a user" if stranger.user is None else "or the password"
    for client in ("admin", "consumer", "producer"):
        with pytest.raises(UpstreamError, match=told):
            getattr(clients, client)


def ends(access, topic):
    consumer = KafkaConsumer(**access.client_options)
    try:
        at = TopicPartition(topic, 0)
        return consumer.end_offsets([at])[at]
    finally:
        consumer.close()


def test_neither_port_answers_a_request_of_anybody(kafka):
    ports = kafka.ports.known()
    assert set(ports) == {"kafka", "controller"}
    assert not any(answers_anybody(port) for port in ports.values())


def send(access, topic):
    producer = KafkaProducer(**access.client_options, acks="all", max_block_ms=5000)
    try:
        producer.send(topic, key=b"1", value=b"{}").get(30)
    finally:
        producer.close()


def test_debezium_writes_its_topics_and_no_other(kafka, writer):
    for topic in (THINGS, TRANSACTIONS_TOPIC, MESSAGES_TOPIC, HEARTBEAT_TOPIC):
        send(writer, topic)
        assert ends(kafka.access, topic) == 1
    for topic in (DEAD_LETTERS_TOPIC, SIGNALS_TOPIC):
        with pytest.raises(Exception, match=r"(?i)authorization"):
            send(writer, topic)
        assert ends(kafka.access, topic) == 0


def test_debezium_reads_signals_alone(writer):
    consumer = KafkaConsumer(**writer.client_options, enable_auto_commit=False)
    for topic, may in ((SIGNALS_TOPIC, True), (THINGS, False)):
        at = TopicPartition(topic, 0)
        consumer.assign([at])
        consumer.seek(at, 0)
        if may:
            assert consumer.poll(1000) == {}
        else:
            with pytest.raises(Exception, match=r"(?i)authorization"):
                consumer.poll(5000)
    consumer.close()


def test_debezium_administers_nothing(kafka, writer, topics):
    with pytest.raises(UpstreamError, match=r"(?i)could not be made.*authorization"):
        change_topics.create(writer, change_topics.declared(["config.more"], 7))
    with pytest.raises(UpstreamError, match=r"(?i)user bullion could not be made"):
        kafka_users.give(writer, "bullion", SECRET)
    client = KafkaAdminClient(**writer.client_options)
    client.delete_topics(topics, raise_errors=False)
    client.close()
    client = KafkaAdminClient(**kafka.access.client_options)
    assert set(topics) <= set(client.list_topics())
    client.close()


def test_the_password_given_last_is_the_only_one(kafka, writer):
    again = kafka_users.writer(kafka.access, "another")
    assert cluster_id(again)
    assert cluster_id(writer) is None
    assert kafka_users.has_writer(kafka.access)


def test_the_password_stands_in_two_files_of_its_owner_and_shows_nowhere(kafka):
    secret = kafka.access.password
    found = set(secrets_shown.in_files([secret], [kafka.folder]))
    kept = {kafka._password_file, kafka.properties}
    assert found == {str(path) for path in kept}
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}
    assert stat.S_IMODE(kafka.folder.stat().st_mode) == 0o700
    assert {path.stat().st_uid for path in kept} == {os.getuid()}
    assert not list(secrets_shown.in_processes([secret]))
    assert secret not in repr((kafka, kafka.access))


def test_what_java_reads_as_a_password_is_what_was_written():
    told = jaas("PLAIN", "bullion", 'a"b\\c')
    assert told.endswith(
        r'username="bullion" password="a\"b\\c" user_bullion="a\"b\\c";'
    )


def test_what_is_refused_and_what_is_closed_leaves_nothing_open(kafka):
    stranger = strangers(kafka)["another password"]
    before = left_open()
    for _ in range(4):
        clients = KafkaClients(stranger, timeout_ms=1000)
        for client in ("admin", "consumer", "producer"):
            with pytest.raises(UpstreamError):
                getattr(clients, client)
        clients.close()
    for _ in range(4):
        clients = KafkaClients(kafka.access)
        assert clients.admin.describe_cluster()
        assert clients.consumer.topics() is not None
        assert clients.producer
        clients.close()
    descriptors, threads = left_open()
    assert threads <= before[1]
    assert descriptors <= before[0] + 2
