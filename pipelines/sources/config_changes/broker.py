"""Kafka as the consumer sees it: topics with their ids, messages from an offset on.

kafka-python 3 gives a topic's id in `describe_topics` (KIP-516; brokers from 2.8 on):
https://kafka-python.readthedocs.io/en/master/apidoc/KafkaAdminClient.html
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from importlib.util import find_spec
from typing import Any, Protocol

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from pipelines.errors import UpstreamError
from pipelines.local import change_topics
from pipelines.settings import settings
from pipelines.sources.config_changes.batch import Message, Place, Refused

# a value of 1 MB is sent as before and after; the broker sends a first one of any size
FETCH_BYTES = 16 << 20
MAX_RECORDS = 5_000  # of a poll, and so of a batch
REQUEST_MS = 10_000
# without the library kafka-python computes it in Python: 60 of the 75 µs that a message
# of 700 bytes then costs (measured: 4,100 events/s with it, 13,500 without)
HAS_FAST_CRC = find_spec("crc32c") is not None
RECONNECT_MS = 1_000  # of 30 by default: a broker that is back is read at once


class Log(Protocol):
    """Topics that are read from given offsets, and one for what is refused."""

    address: str

    def places(self, topics: Sequence[str]) -> Sequence[Place]:
        """Every partition of those of the topics that are there."""
        ...

    def keep(self, tables: Sequence[str]) -> Sequence[str]:
        """Have the topics of these config tables, and of no other; those made."""
        ...

    def spans(self, places: Sequence[Place]) -> Mapping[Place, tuple[int, int]]:
        """The first offset that is held of each, and the next that will be written."""
        ...

    def read_from(self, offsets: Mapping[Place, int]) -> None:
        """Read these partitions, and no others, from these offsets on."""
        ...

    def messages(self, wait_s: float) -> Sequence[Message]:
        """What has come, in order by partition; waits until something has."""
        ...

    def reject(self, refused: Sequence[Refused]) -> None:
        """Write messages to the dead-letter topic; returns when the broker has them."""
        ...

    def close(self) -> None:
        """Give the connections back."""
        ...


@contextmanager
def unavailable(address: str) -> Iterator[None]:
    """Kafka's errors as ours."""
    try:
        yield
    except (KafkaError, OSError) as error:
        told = str(error) or type(error).__name__
        raise UpstreamError(f"Kafka at {address}: {told}") from error


def silence_client() -> None:
    """What goes wrong is told in a sentence; the client's own log repeats it."""
    logging.getLogger("kafka").setLevel(logging.CRITICAL)


def places_of(admin: Any, topics: Iterable[str]) -> list[Place]:
    """Every partition of those of the topics that are there."""
    return [
        Place(told["name"], str(told["topic_id"]), part["partition_index"])
        for told in admin.describe_topics(list(topics))
        if not told["error_code"]
        for part in told["partitions"]
    ]


def spans_of(
    consumer: Any, places: Iterable[Place], address: str
) -> dict[Place, tuple[int, int]]:
    """The first offset that is held of each, and the next that will be written.

    Raises:
        UpstreamError: a topic was made a moment ago, and has no offsets yet.
    """
    asked = {TopicPartition(p.topic, p.partition): p for p in places}
    try:
        first = consumer.beginning_offsets(list(asked))
        last = consumer.end_offsets(list(asked))
    except KeyError as error:  # so the client leaves out what was made a moment ago
        raise UpstreamError(
            f"Kafka at {address}: {error.args[0]} has no offsets yet"
        ) from None
    return {place: (first[at], last[at]) for at, place in asked.items()}


class KafkaLog:
    """A broker, and its dead-letter topic; nothing is kept in a consumer group.

    Raises:
        UpstreamError: from every method: the broker does not answer.
    """

    def __init__(self, address: str, dead_letters: str) -> None:
        self.address = address
        self._dead_letters = dead_letters
        self._read: dict[TopicPartition, Place] = {}
        self._opened: list[Any] = []

    @cached_property
    def _admin(self) -> Any:
        return self._open(KafkaAdminClient)

    @cached_property
    def _consumer(self) -> Any:
        return self._open(
            KafkaConsumer,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            allow_auto_create_topics=False,
            max_poll_records=MAX_RECORDS,
            max_partition_fetch_bytes=FETCH_BYTES,
            reconnect_backoff_max_ms=RECONNECT_MS,
            metrics_enabled=False,
            check_crcs=HAS_FAST_CRC,
        )

    @cached_property
    def _producer(self) -> Any:
        return self._open(
            KafkaProducer,
            acks="all",
            allow_auto_create_topics=False,
            max_request_size=FETCH_BYTES,
            reconnect_backoff_max_ms=RECONNECT_MS,
            metrics_enabled=False,
        )

    def places(self, topics: Sequence[str]) -> Sequence[Place]:
        """Every partition of those of the topics that are there."""
        with unavailable(self.address):
            return places_of(self._admin, topics)

    def keep(self, tables: Sequence[str]) -> Sequence[str]:
        """Have the topics of these config tables, and of no other; those made."""
        kept_days = settings().changes_kept_days
        return change_topics.keep(self.address, tables, kept_days)

    def spans(self, places: Sequence[Place]) -> Mapping[Place, tuple[int, int]]:
        """The first offset that is held of each, and the next that will be written."""
        with unavailable(self.address):
            return spans_of(self._consumer, places, self.address)

    def read_from(self, offsets: Mapping[Place, int]) -> None:
        """Read these partitions, and no others, from these offsets on."""
        self._read = {TopicPartition(p.topic, p.partition): p for p in offsets}
        with unavailable(self.address):
            self._consumer.assign(list(self._read))
            for at, place in self._read.items():
                self._consumer.seek(at, offsets[place])

    def messages(self, wait_s: float) -> Sequence[Message]:
        """What has come, in order by partition; waits until something has."""
        with unavailable(self.address):
            found = self._consumer.poll(timeout_ms=int(wait_s * 1000))
        return [
            Message(self._read[at], record.offset, record.key, record.value)
            for at, records in found.items()
            if at in self._read
            for record in records
        ]

    def reject(self, refused: Sequence[Refused]) -> None:
        """Write messages to the dead-letter topic; returns when the broker has them."""
        with unavailable(self.address):
            sent = [self._send(dead) for dead in refused]
            for future in sent:
                future.get(timeout=REQUEST_MS / 1000)

    def close(self) -> None:
        """Give the connections back."""
        for client in self._opened:
            with suppress(KafkaError, OSError):
                client.close()
        self._opened.clear()

    def _send(self, dead: Refused) -> Any:
        place = dead.message.place
        told = {
            "reason": dead.reason,
            "table": dead.name,
            "topic": place.topic,
            "topic_id": place.topic_id,
            "partition": str(place.partition),
            "offset": str(dead.message.offset),
        }
        return self._producer.send(
            self._dead_letters,
            # the place, so that no two are one where the topic is compacted
            key=f"{place.topic_id}/{place.partition}/{dead.message.offset}".encode(),
            value=dead.message.value,
            headers=[
                *((name, text.encode()) for name, text in told.items()),
                ("key", dead.message.key or b""),
            ],
        )

    def _open(self, kind: Any, **options: Any) -> Any:
        with unavailable(self.address):
            client = kind(
                bootstrap_servers=self.address,
                bootstrap_timeout_ms=REQUEST_MS,
                request_timeout_ms=REQUEST_MS,
                **options,
            )
        self._opened.append(client)
        return client
