"""How checks reach the stream: the warehouse and the broker, never waited for long."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

import psycopg
from kafka.admin import ConfigResource, ConfigResourceType

from pipelines import warehouse as house
from pipelines.local import kafka_service
from pipelines.local.kafka_access import listens
from pipelines.sources.config_changes.batch import Place
from pipelines.sources.config_changes.kafka_clients import (
    KafkaClients,
    unavailable,
)
from pipelines.upstream.health_check import ANSWER_TIMEOUT_S, FailedCheckError

TIMEOUT_MS = ANSWER_TIMEOUT_S * 1000


@contextmanager
def warehouse(timeout_s: float = ANSWER_TIMEOUT_S) -> Iterator[house.Connection]:
    """A connection as `loader`; no statement takes longer than `timeout_s`."""
    parameters = house.parameters("loader", house.process_name("doctor"))
    parameters["options"] += f" -c statement_timeout={int(timeout_s * 1000)}"
    parameters["connect_timeout"] = ANSWER_TIMEOUT_S
    with psycopg.connect(**parameters, autocommit=True) as connection:
        yield connection


@contextmanager
def broker() -> Iterator["Broker"]:
    """The broker.

    Raises:
        FailedCheckError: nothing listens there.
        UpstreamError: it does not answer.
    """
    access = kafka_service.known_access()
    if not (access and listens(access.address)):  # a client would try on
        mend = "as the check `kafka` says"
        address = access.address if access else "none is known"
        raise FailedCheckError(f"no Kafka answers ({address})", mend)
    with closing(Broker(access, TIMEOUT_MS)) as clients, unavailable(access):
        yield clients


class Broker(KafkaClients):
    """What a check asks of a broker."""

    def settings(self, topics: Iterable[str]) -> Mapping[str, Mapping[str, str]]:
        """What each topic was set to, by its name."""
        kind = ConfigResourceType.TOPIC
        resources = [ConfigResource(kind, name) for name in topics]
        described = self.admin.describe_configs(resources) if resources else {}
        return {
            name: {key: entry["value"] for key, entry in entries.items()}
            for of_kind in described.values()
            for name, entries in of_kind.items()
        }

    def messages(self, offsets: Mapping[Place, int]) -> dict[Place, list[Any]]:
        """The first messages of each partition from an offset on, as they come."""
        places = self.seek(offsets)
        messages: dict[Place, list[Any]] = {}
        while len(messages) < len(places):
            polled = self.consumer.poll(timeout_ms=TIMEOUT_MS)
            if not polled:
                break
            for at, of_partition in polled.items():
                messages.setdefault(places[at], []).extend(of_partition)
        return messages
