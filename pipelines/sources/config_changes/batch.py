"""What is read from topics, what of it commits together, and its rows of bronze."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pipelines.bronze.append import Fields
from pipelines.sources.config_changes.envelope import Row, as_json
from pipelines.sources.config_changes.event import ChangeEvent


@dataclass(frozen=True, slots=True)
class Place:
    """A partition of a topic; `topic_id` tells a topic from one made anew."""

    topic: str
    topic_id: str
    partition: int

    @property
    def fields(self) -> Fields:
        """Its columns of bronze."""
        return self.topic, self.topic_id, self.partition


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it came, and where it stood."""

    place: Place
    offset: int
    key: bytes | None
    value: bytes | None

    @property
    def place_fields(self) -> Fields:
        """Where it stood, as columns of bronze."""
        return (*self.place.fields, self.offset)

    @property
    def raw_fields(self) -> tuple[str | None, str | None, str]:
        """Key and value as text, or both as base64 where one is no text to Postgres."""
        parts = (self.key, self.value)
        try:
            key, value = (None if part is None else part.decode() for part in parts)
        except UnicodeDecodeError:
            key = value = "\0"
        if "\0" not in f"{key}{value}":
            return key, value, "utf-8"
        key, value = (
            None if part is None else base64.b64encode(part).decode() for part in parts
        )
        return key, value, "base64"


def raw_bytes(raw: str | None, encoding: str) -> bytes | None:
    """The bytes of a raw field."""
    if raw is None:
        return None
    return base64.b64decode(raw) if encoding == "base64" else raw.encode()


@dataclass(frozen=True, slots=True)
class Landed:
    """A change, the config table's name, and the partition that it came from."""

    name: str
    place: Place
    event: ChangeEvent

    @property
    def fields(self) -> Fields:
        """Its columns of bronze, without the batch's."""
        event = self.event
        return (
            event.op,
            event.row_key,
            _text(event.before),
            _text(event.after),
            event.transaction_id,
            event.lsn,
            event.position,
            event.snapshot,
            event.is_inferred,
            event.committed_at_us,
            event.captured_at_us,
            *self.place.fields,
            event.offset,
        )


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that is no change of its table, and why."""

    name: str
    message: Message
    reason: str


@dataclass(slots=True)
class Page:
    """Offsets of a partition, half-open, that a batch speaks for."""

    place: Place
    from_offset: int
    until_offset: int
    events_count: int = 0
    tombstones_count: int = 0
    quarantined_count: int = 0


@dataclass(slots=True)
class Batch:
    """What commits together; `reprocessed` are messages that were in quarantine.

    Rows are in the order of their table's columns.
    """

    origin: str
    received_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    landed: list[Landed] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    reprocessed: list[Refused] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    bytes_count: int = 0

    def change_rows(self) -> Mapping[str, Sequence[Fields]]:
        """The changes by the names of their tables, sorted."""
        rows: dict[str, list[Fields]] = {landed.name: [] for landed in self.landed}
        for landed in self.landed:
            rows[landed.name].append((*landed.fields, *self._provenance))
        return dict(sorted(rows.items()))

    def page_rows(self) -> Iterator[Fields]:
        """How far the batch read."""
        for page in self.pages:
            counts = (page.events_count, page.tombstones_count, page.quarantined_count)
            span = (page.from_offset, page.until_offset)
            yield (*page.place.fields, *span, *counts, *self._provenance)

    def quarantine_rows(self) -> Iterator[Fields]:
        """Messages that were refused, with their bytes."""
        for one in self.refused:
            message = (*one.message.raw_fields, *one.message.place_fields)
            yield (one.name, one.reason, *message, *self._provenance)

    def reprocessed_rows(self) -> Iterator[Fields]:
        """Messages of the quarantine that were taken in."""
        for one in self.reprocessed:
            yield (one.name, *one.message.place_fields, *self._provenance)

    @property
    def _provenance(self) -> Fields:
        return self.origin, self.received_at


def _text(row: Row | None) -> str | None:
    return None if row is None else as_json(row)
