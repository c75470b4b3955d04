"""The topics: set as declared, and what of them waits for the consumer."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.doctor.stream import access
from pipelines.local.cdc_role import published_tables
from pipelines.local.change_topics import declared, topic_of
from pipelines.settings import settings
from pipelines.sources.config_changes import history
from pipelines.sources.config_changes.batch import Place
from pipelines.sources.config_changes.follow import LOCK
from pipelines.upstream.health_check import FailedCheckError
from pipelines.warehouse import Connection, has_table, scalar

LATE_S = 60.0  # a session that broke off is tried again within 32 s
DAY_S = 86_400
PREPARE = "bullion stream prepare"
RESYNC = "bullion config resync"
FOLLOW = "bullion config follow"


def topics() -> str:
    """Whether every topic is there and keeps what it should.

    Raises:
        FailedCheckError: one is gone, or keeps less.
    """
    with access.warehouse() as connection:
        tables = published_tables(connection)
    days = settings().changes_kept_days
    expected = declared(tables, days)
    with access.broker() as broker:
        there = {place.topic for place in broker.places(list(expected))}
        actual = broker.settings(there)
    if missing := sorted(set(expected) - there):
        is_content = not {topic_of(table) for table in tables}.isdisjoint(missing)
        raise FailedCheckError(
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} gone: "
            + ("what it held unread is lost, and " if is_content else "")
            + "Debezium can not continue",
            RESYNC if is_content else PREPARE,
        )
    wrong = sorted(
        f"{topic} has {name}={actual[topic].get(name, 'its default')}, not {value}"
        for topic, values in expected.items()
        for name, value in values.items()
        if actual[topic].get(name) != value
    )
    if wrong:
        raise FailedCheckError(
            f"{'; '.join(wrong)}: a value may go before it was read", PREPARE
        )
    return f"{len(expected)} there; nothing is compacted away within {days} days"


@dataclass(frozen=True)
class Lag:
    """What waits: offsets by topic; `unread_count` offsets are gone, unread."""

    waiting: Mapping[str, int]
    unread_count: int
    oldest_s: float
    follower: str | None

    @property
    def count(self) -> int:
        """Offsets that wait; compaction may have left fewer messages."""
        return sum(self.waiting.values())

    def __str__(self) -> str:
        topics = ", ".join(f"{n} in {topic}" for topic, n in self.waiting.items())
        return f"{topics} wait, the oldest for {self.oldest_s:.0f} s"


def lag(connection: Connection, broker: access.Broker) -> Lag:
    """How far bronze is behind the topics of the tables that are streamed."""
    tables = published_tables(connection)
    has_pages = has_table(connection, "bronze_config.pages")
    positions = history.positions(connection) if has_pages else {}
    spans = broker.spans(broker.places(map(topic_of, tables)))
    begins, unread = {}, 0
    for place, (first, end) in spans.items():
        at = positions.get(place, first)
        unread += max(0, first - at)
        at = first if at > end else max(at, first)  # a log that was cut is read anew
        if at < end:
            begins[place] = at
    return Lag(
        {place.topic: spans[place][1] - at for place, at in begins.items()},
        unread,
        _oldest_s(broker, begins),
        scalar(connection, "select ops.lock_holder(%s)", LOCK),
    )


def consumer() -> str:
    """How much waits for the consumer, for how long, and who it is.

    Raises:
        FailedCheckError: messages are gone unread, will be, or wait too long.
    """
    with access.warehouse() as connection, access.broker() as broker:
        behind = lag(connection, broker)
    follower = f"followed by {behind.follower}" if behind.follower else "nobody follows"
    if behind.unread_count:
        raise FailedCheckError(
            f"{behind.unread_count} offsets were compacted away before they were read: "
            "the history lacks their changes",
            RESYNC,
        )
    if not behind.count:
        return f"nothing waits; {follower}"
    meaning = f"{behind}; {follower}"
    days = settings().changes_kept_days
    mend = FOLLOW if not behind.follower else f"end it, then: {FOLLOW}"
    if behind.oldest_s >= days * DAY_S / 2:
        raise FailedCheckError(
            f"{meaning}: behind by half of the {days} days that values are kept; after "
            "them compaction removes what was not read",
            mend,
        )
    if behind.oldest_s >= LATE_S:
        raise FailedCheckError(
            f"{meaning}: no change of configuration is taken up", mend
        )
    return meaning


def _oldest_s(broker: access.Broker, begins: Mapping[Place, int]) -> float:
    """How long the oldest message has waited."""
    if not begins:
        return 0.0
    stamps = [
        messages[0].timestamp / 1000
        for messages in broker.messages(begins).values()
        if messages
    ]
    return max(0.0, time.time() - min(stamps, default=time.time()))
