"""What is read from topics, and what of it commits together."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from pipelines.sources.config_changes.event import ChangeEvent


@dataclass(frozen=True, slots=True)
class Place:
    """A partition of a topic; `topic_id` tells a topic from one made anew."""

    topic: str
    topic_id: str
    partition: int


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it came, and where it stood."""

    place: Place
    offset: int
    key: bytes | None
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Landed:
    """A change, the config table's name, and the partition that it came from."""

    name: str
    place: Place
    event: ChangeEvent


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
    """What commits together; `reprocessed` are messages that were in quarantine."""

    origin: str
    received_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    landed: list[Landed] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    reprocessed: list[Refused] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    bytes_count: int = 0
