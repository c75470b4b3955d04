"""How checks see the stream: the warehouse and the broker, never waited for long."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, LiteralString

import psycopg
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError

from pipelines import warehouse as house
from pipelines.doctor.check import ANSWER_TIMEOUT_S, FailedCheckError
from pipelines.local.debezium_properties import PUBLICATION
from pipelines.local.debezium_service import Debezium
from pipelines.local.kafka_address import listens
from pipelines.local.kafka_service import Kafka
from pipelines.settings import settings
from pipelines.sources.config_changes.batch import Place
from pipelines.sources.config_changes.broker import (
    places_of,
    silence_client,
    spans_of,
    unavailable,
)
from pipelines.warehouse import Connection

TIMEOUT_MS = ANSWER_TIMEOUT_S * 1000
PUBLISHED: LiteralString = """
select t.schemaname || '.' || t.tablename from pg_publication_tables as t
where t.pubname = %s
order by 1
"""


def kafka_place() -> str | None:
    """Where the broker is, given or once started here; None: there is none."""
    return settings().kafka or Kafka.from_settings().address


def debezium_place() -> str | None:
    """Where Debezium Server is, given or once started here; None: there is none."""
    return settings().debezium or Debezium.from_settings().address


@contextmanager
def warehouse(timeout_s: float = ANSWER_TIMEOUT_S) -> Iterator[Connection]:
    """A connection as `loader`; no statement takes longer than `timeout_s`."""
    known = house.parameters("loader", house.process_name("doctor"))
    known["options"] += f" -c statement_timeout={int(timeout_s * 1000)}"
    known["connect_timeout"] = ANSWER_TIMEOUT_S
    with psycopg.connect(**known, autocommit=True) as connection:
        yield connection


def one(connection: Connection, statement: LiteralString, *words: object) -> Any:
    """The first value that a statement gives; None: it gives no row."""
    row = connection.execute(statement, words or None).fetchone()
    return row[0] if row else None


def published(connection: Connection) -> list[str]:
    """The tables that are streamed, as `config.instruments`."""
    return [name for (name,) in connection.execute(PUBLISHED, (PUBLICATION,))]


@contextmanager
def broker() -> Iterator["Broker"]:
    """The broker.

    Raises:
        FailedCheckError: nothing listens there.
        UpstreamError: it does not answer.
    """
    address = kafka_place() or ""
    if not address or not listens(address):  # a client would try for its whole time
        mend = "as the check `kafka` says"
        raise FailedCheckError(f"no Kafka answers ({address or 'none is known'})", mend)
    silence_client()
    found = Broker(address)
    try:
        with unavailable(address):
            yield found
    finally:
        found.close()


@dataclass
class Broker:
    """What a check asks of a broker."""

    address: str
    opened: list[Any] = field(default_factory=list)

    def places(self, topics: Sequence[str]) -> list[Place]:
        """Every partition of those of the topics that are there."""
        return places_of(self._admin, topics)

    def spans(self, places: Iterable[Place]) -> dict[Place, tuple[int, int]]:
        """The first offset that is held of each, and the next that will be written."""
        return spans_of(self._consumer, places, self.address)

    def settings(self, topics: Iterable[str]) -> Mapping[str, Mapping[str, str]]:
        """What each topic was set to, by its name."""
        kind = ConfigResourceType.TOPIC
        asked = [ConfigResource(kind, name) for name in topics]
        found = self._admin.describe_configs(asked) if asked else {}
        return {
            name: {key: told["value"] for key, told in values.items()}
            for of_kind in found.values()
            for name, values in of_kind.items()
        }

    def messages(self, offsets: Mapping[Place, int]) -> dict[Place, list[Any]]:
        """The first messages of each partition from an offset on, as they come."""
        asked = {TopicPartition(p.topic, p.partition): p for p in offsets}
        self._consumer.assign(list(asked))
        for at, place in asked.items():
            self._consumer.seek(at, offsets[place])
        found: dict[Place, list[Any]] = {}
        while len(found) < len(asked):
            came = self._consumer.poll(timeout_ms=TIMEOUT_MS)
            if not came:
                break
            for at, messages in came.items():
                found.setdefault(asked[at], []).extend(messages)
        return found

    def close(self) -> None:
        """Give the connections back."""
        for client in self.opened:
            try:
                client.close()
            except (KafkaError, OSError):
                continue

    @cached_property
    def _admin(self) -> Any:
        return self._open(KafkaAdminClient)

    @cached_property
    def _consumer(self) -> Any:
        return self._open(
            KafkaConsumer,
            group_id=None,
            enable_auto_commit=False,
            allow_auto_create_topics=False,
        )

    def _open(self, kind: Any, **options: Any) -> Any:
        client = kind(
            bootstrap_servers=self.address,
            bootstrap_timeout_ms=TIMEOUT_MS,
            request_timeout_ms=TIMEOUT_MS,
            **options,
        )
        self.opened.append(client)
        return client
