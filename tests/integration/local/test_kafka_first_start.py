"""A data folder of a broker that asked for no password, brought over by `up`."""

import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from pipelines.doctor.stream import services
from pipelines.local import change_topics, kafka_first_start, kafka_users, place
from pipelines.local.kafka_access import Access
from pipelines.local.kafka_cluster import cluster_id
from pipelines.local.kafka_service import Kafka
from pipelines.local.service import bring_up, silent, take_down
from pipelines.settings import settings
from tests.contents.kafka_frames import answers_anybody
from tests.services.plain_kafka import CLUSTER, PlainKafka
from tests.services.stream import reading, received, started

THINGS = change_topics.topic_of("config.things")
DECLARED = change_topics.declared(["config.things"], 7)


@pytest.fixture
def before(tmp_path):
    """A broker of before that runs, with topics and two records."""
    service = started(PlainKafka(tmp_path, place.cache_dir()))
    change_topics.create(service.access, DECLARED)
    producer = KafkaProducer(**service.access.client_options, acks="all")
    for value in (b'"first"', b'"second"'):
        producer.send(THINGS, key=b"1", value=value).get(30)
    producer.close()
    try:
        yield service
    finally:
        take_down(service)


def of_now(before):
    return Kafka(before.data_dir, before.cache_dir)


def ids(access):
    client = KafkaAdminClient(**access.client_options)
    try:
        found = client.describe_topics(sorted(DECLARED))
        return {topic["name"]: topic["topic_id"] for topic in found}
    finally:
        client.close()


def controller(service):
    return service.ports.known()["controller"]


def refuses_anybody(service):
    plain = Access(service.address)
    return cluster_id(plain) is None and not answers_anybody(controller(service))


@pytest.mark.slow
def test_a_running_broker_of_before_is_started_anew_and_loses_nothing(
    before, monkeypatch
):
    monkeypatch.setenv("BULLION_KAFKA", before.address)
    settings.cache_clear()
    assert "to anybody: who reaches it can forge" in services.kafka()
    assert answers_anybody(controller(before))
    topics = ids(before.access)

    kafka, said = of_now(before), list[str]()
    assert not kafka.ready()
    assert bring_up(kafka, said.append).address == before.address
    assert said == [
        "kafka's settings changed: it is started anew",
        "stopping kafka",
        "kafka gets a password; next give debezium one: `bullion up debezium`",
        "starting kafka",
        *[f"kafka is ready at {kafka.address}"] * 2,
    ]
    assert cluster_id(kafka.access) == CLUSTER
    assert refuses_anybody(kafka)
    assert ids(kafka.access) == topics
    found = received(kafka.access, THINGS, lambda f: len(f) == 2)
    assert [value for _, value in found] == ["first", "second"]
    with reading(kafka.access, THINGS) as consumer:
        at = TopicPartition(THINGS, 0)
        assert consumer.end_offsets([at]) == {at: 2}
    assert not list(kafka.folder.glob("once*"))
    assert not kafka_users.has_writer(kafka.access)
    assert bring_up(kafka, said.append).is_ready
    assert said[6:] == [f"kafka is ready at {kafka.address}"]

    monkeypatch.setenv("BULLION_KAFKA_USER", "bullion")
    monkeypatch.setenv("BULLION_KAFKA_PASSWORD", kafka.access.password)
    settings.cache_clear()
    assert services.kafka().endswith("to the user bullion, by password")
    monkeypatch.setenv("BULLION_KAFKA_PASSWORD", "wrong")
    settings.cache_clear()
    with pytest.raises(Exception, match="refuses bullion or the password"):
        services.kafka()
    settings.cache_clear()


@pytest.mark.slow
def test_what_was_interrupted_or_lost_its_password_is_brought_over_by_the_next_up(
    before, monkeypatch
):
    take_down(before)
    kafka = of_now(before)

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        # as of a process that was killed: the broker of that start runs on
        patch.setattr(kafka_users, "give", killed)
        patch.setattr(kafka_first_start, "take_down", lambda _: None)
        patch.setattr(kafka_first_start.FirstStart, "forget", lambda _: None)
        with pytest.raises(KeyboardInterrupt):
            bring_up(kafka)
    assert kafka.running()
    assert not kafka.ready()
    assert bring_up(kafka).is_ready
    assert refuses_anybody(kafka)

    password = kafka._password()
    take_down(kafka)
    kafka._password_file.unlink()
    assert bring_up(kafka).is_ready
    assert kafka.access.password != password
    assert cluster_id(kafka.access) == CLUSTER
    take_down(kafka)
    kafka.delete(silent)
