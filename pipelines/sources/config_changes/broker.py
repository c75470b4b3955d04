"""Kafka as the consumer sees it: messages from given offsets on, and dead letters."""

from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any, ClassVar, Protocol

from kafka import TopicPartition

from pipelines.local import change_topics
from pipelines.local.kafka_access import Access
from pipelines.settings import settings
from pipelines.sources.config_changes.batch import Message, Place, Refused
from pipelines.sources.config_changes.kafka_clients import (
    REQUEST_MS,
    KafkaClients,
    unavailable,
)

# a value of 1 MB is sent as before and after; the broker sends a first one of any size
FETCH_BYTES = 16 << 20
MAX_RECORDS = 5_000  # of a poll, and so of a batch
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
        """Close the connections."""
        ...


class KafkaLog(KafkaClients):
    """A broker, and its dead-letter topic."""

    consumer_options: ClassVar[Mapping[str, Any]] = {
        "auto_offset_reset": "none",
        "max_poll_records": MAX_RECORDS,
        "max_partition_fetch_bytes": FETCH_BYTES,
        "reconnect_backoff_max_ms": RECONNECT_MS,
        "metrics_enabled": False,
        "check_crcs": HAS_FAST_CRC,
    }
    producer_options: ClassVar[Mapping[str, Any]] = {
        "max_request_size": FETCH_BYTES,
        "reconnect_backoff_max_ms": RECONNECT_MS,
        "metrics_enabled": False,
    }

    def __init__(self, access: Access, dead_letters: str) -> None:
        super().__init__(access)
        self._dead_letters = dead_letters
        self._places: dict[TopicPartition, Place] = {}

    def keep(self, tables: Iterable[str]) -> Sequence[str]:
        return change_topics.keep(self.access, tables, settings().changes_kept_days)

    def read_from(self, offsets: Mapping[Place, int]) -> None:
        self._places = self.seek(offsets)

    def messages(self, wait_s: float) -> Sequence[Message]:
        with unavailable(self.access):
            polled = self.consumer.poll(timeout_ms=int(wait_s * 1000))
        return [
            Message(self._places[at], record.offset, record.key, record.value)
            for at, records in polled.items()
            if at in self._places
            for record in records
        ]

    def reject(self, refused: Sequence[Refused]) -> None:
        with unavailable(self.access):
            futures = [self._send(one) for one in refused]
            for future in futures:
                future.get(timeout=REQUEST_MS / 1000)

    def _send(self, refused: Refused) -> Any:
        message, place = refused.message, refused.message.place
        headers = {
            "reason": refused.reason,
            "table": refused.name,
            "topic": place.topic,
            "topic_id": place.topic_id,
            "partition": str(place.partition),
            "offset": str(message.offset),
        }
        return self.producer.send(
            self._dead_letters,
            # the place, so that no two are one where the topic is compacted
            key=f"{place.topic_id}/{place.partition}/{message.offset}".encode(),
            value=message.value,
            headers=[
                *((name, text.encode()) for name, text in headers.items()),
                ("key", message.key or b""),
            ],
        )
