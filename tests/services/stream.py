"""A real Kafka for the session, and a real Debezium Server on a database of a test.

Where they can not be had (no network for the first download, no Java) a laptop skips
with the reason; CI fails.
"""

import json
import os
import time
from contextlib import contextmanager
from itertools import count
from typing import Any

import psycopg
import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient

from pipelines import bootstrap
from pipelines.local import place
from pipelines.local.debezium_properties import PREFIX, SLOT
from pipelines.local.debezium_service import Debezium
from pipelines.local.kafka_service import Kafka
from pipelines.local.service import UnavailableError, bring_up, take_down

numbers = count(1)
THINGS = """
create table config.things (
    id bigint primary key, name text, rate numeric, at timestamptz default now()
);
select config.publish('config.things');
"""


def started(service):
    """The running service; without it the test is skipped, or fails in CI."""
    try:
        bring_up(service)
    except UnavailableError as error:
        if os.environ.get("CI"):  # noqa: TID251
            raise
        pytest.skip(str(error))
    return service


@pytest.fixture(scope="session")
def kafka(tmp_path_factory):
    """The service of a broker that all tests share; `kafka.access` is for clients."""
    service = Kafka(tmp_path_factory.mktemp("kafka"), place.cache_dir())
    try:
        yield started(service)
    finally:
        take_down(service)


@contextmanager
def streaming(data_dir, owner, kafka, **options):
    """Debezium Server from the database `owner` to `kafka`, on empty topics of ours."""
    delete_topics(kafka.access)
    service = Debezium(
        data_dir,
        place.cache_dir(),
        owner=lambda: owner,
        kafka=lambda: kafka.access,
        **options,
    )
    try:
        yield started(service)
    finally:
        take_down(service)
        drop_slot(owner)


@contextmanager
def config_database(server, *, is_empty=False):
    """libpq's parameters of a bootstrapped database with `THINGS`, or an empty one."""
    name = f"stream_{next(numbers)}"
    with psycopg.connect(**server, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    owner = {**server, "dbname": name}
    if not is_empty:
        bootstrap.apply(**owner)
        with psycopg.connect(**owner) as connection:
            connection.execute(THINGS)
    try:
        yield owner
    finally:
        drop_slot(owner)
        with psycopg.connect(**server, autocommit=True) as connection:
            connection.execute(f"drop database {name} with (force)")


def drop_slot(owner):
    """Drop the connector's slot, whoever holds it."""
    query = "select active_pid from pg_replication_slots where slot_name = %s"
    with psycopg.connect(**owner, autocommit=True) as connection:
        while row := connection.execute(query, (SLOT,)).fetchone():
            if row[0]:
                connection.execute("select pg_terminate_backend(%s)", row)
                time.sleep(0.05)
            else:
                connection.execute("select pg_drop_replication_slot(%s)", (SLOT,))


def given(access):
    """The settings that lead to a broker of one's own, asked as `access`."""
    return {
        "BULLION_KAFKA": access.address,
        "BULLION_KAFKA_USER": access.user,
        "BULLION_KAFKA_PASSWORD": access.password,
    }


def delete_topics(access):
    """Delete every topic of ours; they are gone when this returns."""
    client = KafkaAdminClient(**access.client_options)
    try:
        while names := [n for n in client.list_topics() if is_ours(n)]:
            client.delete_topics(names, raise_errors=False)
            time.sleep(0.05)
    finally:
        client.close()


def is_ours(topic):
    return topic.startswith(f"{PREFIX}.") or topic.endswith(f".{PREFIX}")


@contextmanager
def reading(access, topic):
    """A consumer at the topic's beginning."""
    consumer = KafkaConsumer(
        **access.client_options,
        bootstrap_timeout_ms=60_000,  # of a broker that starts again
        enable_auto_commit=False,
        metadata_max_age_ms=1000,
        reconnect_backoff_max_ms=500,
    )
    consumer.assign([TopicPartition(topic, 0)])
    consumer.seek_to_beginning()
    try:
        yield consumer
    finally:
        consumer.close()


def received(access, topic, until, wait_s=300):
    """The (key, value) of a topic's messages from its beginning till `until` holds."""
    found: list[tuple[Any, Any]] = []
    deadline = time.monotonic() + wait_s
    with reading(access, topic) as consumer:
        while not until(found):
            assert time.monotonic() < deadline, f"{len(found)} came: {found[-3:]}"
            for messages in consumer.poll(200).values():
                found += [(read(m.key), read(m.value)) for m in messages]
    return found


def read(raw):
    return json.loads(raw) if raw else None
