"""Clients of a Kafka broker, each opened when it is first used.

kafka-python 3 gives a topic's id in `describe_topics` (KIP-516; brokers from 2.8 on):
https://kafka-python.readthedocs.io/en/master/apidoc/KafkaAdminClient.html
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any, ClassVar

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError, KafkaTimeoutError

from pipelines.errors import UpstreamError
from pipelines.local.kafka_access import Access
from pipelines.local.kafka_client import opened
from pipelines.sources.config_changes.batch import Place

REQUEST_MS = 10_000


@contextmanager
def unavailable(access: Access) -> Iterator[None]:
    """Kafka's errors as ours."""
    try:
        yield
    except (KafkaError, OSError) as error:
        reason = str(error) or type(error).__name__
        raise UpstreamError(f"Kafka at {access.address}: {reason}") from error


class KafkaClients:
    """The clients of one broker; nothing is kept in a consumer group.

    Raises:
        UpstreamError: from every method: the broker does not answer.
    """

    consumer_options: ClassVar[Mapping[str, Any]] = {}
    producer_options: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, access: Access, timeout_ms: int = REQUEST_MS) -> None:
        self.access = access
        self.address = access.address
        self._timeout_ms = timeout_ms
        self._opened: list[Any] = []

    @cached_property
    def admin(self) -> Any:
        """The client that describes topics."""
        return self._open(KafkaAdminClient)

    @cached_property
    def consumer(self) -> Any:
        """The client that reads."""
        return self._open(
            KafkaConsumer,
            group_id=None,
            enable_auto_commit=False,
            allow_auto_create_topics=False,
            **self.consumer_options,
        )

    @cached_property
    def producer(self) -> Any:
        """The client that writes; the broker has what it acknowledged."""
        return self._open(
            KafkaProducer,
            acks="all",
            allow_auto_create_topics=False,
            **self.producer_options,
        )

    def places(self, topics: Iterable[str]) -> list[Place]:
        """Every partition of those of the topics that are there."""
        with unavailable(self.access):
            described = self.admin.describe_topics(list(topics))
        return [
            Place(topic["name"], str(topic["topic_id"]), part["partition_index"])
            for topic in described
            if not topic["error_code"]
            for part in topic["partitions"]
        ]

    def spans(self, places: Iterable[Place]) -> dict[Place, tuple[int, int]]:
        """The first offset that is held of each, and the next that will be written."""
        partitions = {TopicPartition(p.topic, p.partition): p for p in places}
        try:
            with unavailable(self.access):
                first = self.consumer.beginning_offsets(list(partitions))
                last = self.consumer.end_offsets(list(partitions))
        except KeyError as error:  # so the client leaves out what was made a moment ago
            raise UpstreamError(
                f"Kafka at {self.address}: {error.args[0]} has no offsets yet"
            ) from None
        return {place: (first[at], last[at]) for at, place in partitions.items()}

    def seek(self, offsets: Mapping[Place, int]) -> dict[TopicPartition, Place]:
        """Read these partitions, and no others, from these offsets on."""
        partitions = {TopicPartition(p.topic, p.partition): p for p in offsets}
        with unavailable(self.access):
            self.consumer.assign(list(partitions))
            for partition, place in partitions.items():
                self.consumer.seek(partition, offsets[place])
        return partitions

    def close(self) -> None:
        """Close the connections."""
        for client in self._opened:
            with suppress(KafkaError, OSError):
                client.close()
        self._opened.clear()

    def _open(self, kind: Any, **options: Any) -> Any:
        with unavailable(self.access):
            try:
                timeouts = (self._timeout_ms, self._timeout_ms)
                client = opened(kind, self.access, *timeouts, **options)
            except KafkaTimeoutError as error:
                # it says the same of a password that is refused
                reason = f"Kafka at {self.address} {self.access.silence}"
                raise UpstreamError(reason) from error
        self._opened.append(client)
        return client
