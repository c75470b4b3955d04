"""The topics of the change stream, made and kept as declared by one command.

One per config table, compacted: the newest value of each key stays, and no
value or tombstone goes before `kept_days`: who was off for less missed nothing.
https://kafka.apache.org/documentation/#topicconfigs
"""

import re
from collections.abc import Iterable

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import TopicAlreadyExistsError

from pipelines.local.debezium_properties import (
    DEAD_LETTERS_TOPIC,
    HEARTBEAT_TOPIC,
    MESSAGES_TOPIC,
    PREFIX,
    SCHEMA,
    SIGNALS_TOPIC,
    TRANSACTIONS_TOPIC,
)
from pipelines.local.kafka_access import Access
from pipelines.local.kafka_admin import administering

DAY_MS = 86_400_000
TOPICS = "the topics"
MAX_MESSAGE_BYTES = "10485760"

OTHER_CHARACTER = re.compile(r"[^A-Za-z0-9._-]")

Declared = dict[str, dict[str, str]]  # a topic's settings by the topic's name


def topic_of(table: str, prefix: str = PREFIX) -> str:
    """The topic of a table, `config.instruments` as `bullion.config.instruments`.

    What Kafka does not have in a name Debezium replaces.
    """
    return OTHER_CHARACTER.sub("_", f"{prefix}.{table}")


def declared(tables: Iterable[str], kept_days: int) -> Declared:
    """Every topic there is for `tables` (schema and name), with its settings."""
    kept_ms = str(kept_days * DAY_MS)
    compacted = {
        "cleanup.policy": "compact",
        "min.compaction.lag.ms": kept_ms,
        "delete.retention.ms": kept_ms,
        "max.message.bytes": MAX_MESSAGE_BYTES,
    }
    kept = {"cleanup.policy": "delete", "retention.ms": kept_ms}
    daily = {"cleanup.policy": "delete", "retention.ms": str(DAY_MS)}
    # what could not be used is kept until a person has mended it
    for_ever = {"cleanup.policy": "delete", "retention.ms": "-1"}
    return {
        **{topic_of(table): compacted for table in sorted(tables)},
        TRANSACTIONS_TOPIC: kept,
        HEARTBEAT_TOPIC: daily,
        MESSAGES_TOPIC: daily,
        SIGNALS_TOPIC: kept,
        DEAD_LETTERS_TOPIC: {**for_ever, "max.message.bytes": MAX_MESSAGE_BYTES},
    }


def keep(access: Access, tables: Iterable[str], kept_days: int) -> list[str]:
    """Make the topics of `tables` that are missing; the names made.

    A topic of a table that is gone, or that has no key now, takes messages without a
    key from then on: the connector sends what is left of the table so, which a
    compacted topic refuses, and all that is behind it would wait for ever.

    Raises:
        UpstreamError: the broker does not answer, or refuses.
    """
    topics = declared(tables, kept_days)
    made = create(access, topics)
    loose = {
        "cleanup.policy": "delete",
        "retention.ms": str(kept_days * DAY_MS),
        "max.message.bytes": MAX_MESSAGE_BYTES,
    }
    with administering(access, TOPICS) as client:
        topics_of_tables = (
            n for n in client.list_topics() if n.startswith(topic_of(SCHEMA) + ".")
        )
        _settle(
            client, {name: loose for name in topics_of_tables if name not in topics}
        )
    return made


def create(access: Access, topics: Declared) -> list[str]:
    """Make the topics that are missing, set the others' settings; the names made.

    Raises:
        UpstreamError: the broker does not answer, or refuses.
    """
    with administering(access, TOPICS) as client:
        missing = sorted(set(topics) - set(client.list_topics()))
        _create(client, {name: topics[name] for name in missing})
        _settle(client, {k: v for k, v in topics.items() if k not in missing})
    return missing


def _create(client: KafkaAdminClient, topics: Declared) -> None:
    # one partition: the order of changes is the order of what was written
    for name, settings in topics.items():
        topic = {name: {"num_partitions": 1, "configs": settings}}
        try:
            client.create_topics(topic, wait_for_metadata=True)
        except TopicAlreadyExistsError:  # another process was first
            _settle(client, {name: settings})


def _settle(client: KafkaAdminClient, topics: Declared) -> None:
    if topics:
        client.alter_configs(
            [
                ConfigResource(ConfigResourceType.TOPIC, name, configs=settings)
                for name, settings in topics.items()
            ]
        )
