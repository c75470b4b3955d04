"""One session of the consumer: from what bronze holds to its first failure."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Event

from pipelines.local.service import Say
from pipelines.sources.config_changes.batch import Batch, Message, Page, Place
from pipelines.sources.config_changes.broker import Log
from pipelines.sources.config_changes.connector import Connector
from pipelines.sources.config_changes.event import LAST_OF_ALL
from pipelines.sources.config_changes.history import (
    infer_deletes,
    newest_whole_snapshot,
    positions,
)
from pipelines.sources.config_changes.ledger import Appended, Ledger
from pipelines.sources.config_changes.tables import streamed_tables
from pipelines.sources.config_changes.topics import ConfigTopics, Span, start
from pipelines.warehouse import Connection

POLL_S = 0.2  # how soon it stops
LINGER_S = 0.03  # of 0.3 in which a change that comes alone should be durable
BATCH_EVENTS = 5_000
BATCH_BYTES = 32 << 20
REFRESH_S = 2.0  # how often topics and declarations are read
SETTLE_S = 1.0  # after a snapshot's end, for rows still under way to other topics


@dataclass
class Followed:
    """What the consumer did; `appended` is called with each batch that committed."""

    say: Say = lambda _: None
    appended: Callable[[Batch, Appended], None] = lambda _batch, _appended: None
    messages_count: int = 0
    new_count: int = 0
    refused_count: int = 0
    inferred_count: int = 0
    batches_count: int = 0


@dataclass
class Session:
    """Reads with a connection that holds the lock, and a log of its own."""

    connection: Connection
    log: Log
    prefix: str
    followed: Followed
    offsets: dict[Place, int] = field(default_factory=dict)
    refreshed_at: float = 0.0
    settles_at: float | None = 0.0  # once at its beginning
    kept: Sequence[str] = ()  # the tables that the topics were made for

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.connection)
        read = partial(streamed_tables, self.connection)
        connector = Connector.of(self.prefix, self.connection)
        self.topics = ConfigTopics(connector, read)
        self.refresh()

    def run(self, stop: Event, *, until_current: bool) -> None:
        """Read until `stop`, or until what stood in the topics at first was read."""
        ends = self.spans() if until_current else {}
        while not stop.is_set():
            if time.monotonic() - self.refreshed_at > REFRESH_S:
                self.refresh()
            if messages := self.gather():
                self.take(messages)
            self.settle(is_idle=not messages)
            if until_current and self.settles_at is None and self.has_read(ends):
                return

    def refresh(self) -> None:
        """Find topics and tables that came, went, or were made anew."""
        self.topics.refresh()
        self.ledger.prepare(self.topics.declared)
        places = self._places()
        self.refreshed_at = time.monotonic()
        if places == set(self.offsets):
            return
        known = positions(self.connection) | self.offsets
        spans = self.log.spans(sorted(places, key=str)) if places else {}
        self.offsets = {
            place: self._start(place, span, known) for place, span in spans.items()
        }
        self.log.read_from(self.offsets)

    def gather(self) -> list[Message]:
        """What has come, and what comes within the linger of the first of it."""
        messages = list(self.log.messages(POLL_S))
        until = time.monotonic() + LINGER_S
        while messages and not _is_full(messages):
            left = until - time.monotonic()
            if left <= 0:
                break
            messages += self.log.messages(left)
        return messages

    def take(self, messages: list[Message]) -> None:
        """Commit the messages' batch; what is refused is a dead letter first.

        A process that dies between the two writes its dead letters again: they carry
        the place that they came from.
        """
        messages.sort(key=lambda m: (str(m.place), m.offset))
        batch = self.topics.batch(messages, self.offsets, f"kafka://{self.log.address}")
        if batch.refused:
            self.log.reject(batch.refused)
        appended = self.ledger.append(batch)
        self.offsets |= {page.place: page.until_offset for page in batch.pages}
        if any(landed.event.snapshot == LAST_OF_ALL for landed in batch.landed):
            self.settles_at = time.monotonic() + SETTLE_S
        self._report(batch, appended, len(messages))

    def settle(self, *, is_idle: bool) -> None:
        """Append what the newest whole snapshot implies, once its rows are all read."""
        if not is_idle or self.settles_at is None:
            return
        if time.monotonic() < self.settles_at or not self.has_read(self.spans()):
            return
        self.settles_at = None
        names = list(self.topics.declared)
        lsn = newest_whole_snapshot(self.connection, names)
        if lsn is None:
            return
        for name, count in infer_deletes(self.ledger, names, lsn).items():
            self.followed.inferred_count += count
            self.followed.say(
                f"{name}: {count} rows vanished before the snapshot at {lsn}"
            )

    def spans(self) -> Mapping[Place, Span]:
        """Where the topics begin and end now."""
        return self.log.spans(list(self.offsets)) if self.offsets else {}

    def has_read(self, spans: Mapping[Place, Span]) -> bool:
        """Whether all that stood there was read; a topic that went counts as read."""
        read = self.offsets
        return all(read.get(place, end) >= end for place, (_, end) in spans.items())

    def _places(self) -> set[Place]:
        """Where to read, once the topics are those of the tables.

        One that is not there, or wants keys that its table does not have any more,
        would hold the connector up.
        """
        tables, places = self.topics.tables, self.log.places(self.topics.topics)
        there = {place.topic for place in places}
        if tables == self.kept and there.issuperset(self.topics.topics):
            return set(places)
        for table in sorted(set(self.kept) - set(tables)):
            self.followed.say(
                f"{table} is gone, or has no key: it is not read any more"
            )
        if made := self.log.keep(tables):
            self.followed.say(f"made the topics {', '.join(made)}: there were none")
        self.kept = tables
        return set(self.log.places(self.topics.topics))

    def _start(self, place: Place, span: Span, known: Mapping[Place, int]) -> int:
        begin = start(place, span, known)
        if begin.reason:
            self.followed.say(begin.reason)
        if begin.is_anew:
            page = Page(place, begin.offset, begin.offset)
            self.ledger.append(Batch(begin.reason, pages=[page]))
        return begin.offset

    def _report(self, batch: Batch, appended: Appended, messages_count: int) -> None:
        for refused in batch.refused:
            message = refused.message
            place = f"{message.place.topic} {message.place.partition}/{message.offset}"
            self.followed.say(f"quarantined: {place}: {refused.reason}")
        self.followed.messages_count += messages_count
        self.followed.new_count += appended.new_count
        self.followed.refused_count += len(batch.refused)
        self.followed.batches_count += 1
        self.followed.appended(batch, appended)


def _is_full(messages: list[Message]) -> bool:
    if len(messages) >= BATCH_EVENTS:
        return True
    return sum(len(message.value or b"") for message in messages) >= BATCH_BYTES
