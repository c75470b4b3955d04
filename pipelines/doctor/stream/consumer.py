"""The consumer: how much waits for it, for how long, and who it is."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.doctor.check import FailedCheckError
from pipelines.doctor.stream import sight
from pipelines.local.change_topics import topic_of
from pipelines.settings import settings
from pipelines.sources.config_changes import history
from pipelines.sources.config_changes.batch import Place
from pipelines.sources.config_changes.follow import LOCK
from pipelines.warehouse import Connection, has_table

LATE_S = 60.0  # a session that broke off is tried again within 32 s
DAY_S = 86_400
RESYNC = "bullion config resync"
FOLLOW = "bullion config follow"


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


def lag(connection: Connection, broker: sight.Broker) -> Lag:
    """How far bronze is behind the topics of the tables that are streamed."""
    topics = [topic_of(table) for table in sight.published(connection)]
    has_pages = has_table(connection, "bronze_config.pages")
    held = history.positions(connection) if has_pages else {}
    spans = broker.spans(broker.places(topics))
    begins, unread = {}, 0
    for place, (first, end) in spans.items():
        at = held.get(place, first)
        unread += max(0, first - at)
        at = first if at > end else max(at, first)  # a log that was cut is read anew
        if at < end:
            begins[place] = at
    return Lag(
        {place.topic: spans[place][1] - at for place, at in begins.items()},
        unread,
        _oldest_s(broker, begins),
        sight.one(connection, "select ops.lock_holder(%s)", LOCK),
    )


def consumer() -> str:
    """What waits, and who reads it.

    Raises:
        FailedCheckError: messages are gone unread, will be, or wait too long.
    """
    with sight.warehouse() as connection, sight.broker() as broker:
        found = lag(connection, broker)
    follower = f"followed by {found.follower}" if found.follower else "nobody follows"
    if found.unread_count:
        raise FailedCheckError(
            f"{found.unread_count} offsets were compacted away before they were read: "
            "the history lacks what they told",
            RESYNC,
        )
    if not found.count:
        return f"nothing waits; {follower}"
    told = f"{_told(found)}; {follower}"
    half_s = settings().changes_kept_days * DAY_S / 2
    mend = FOLLOW if not found.follower else f"end it, then: {FOLLOW}"
    if found.oldest_s >= half_s:
        raise FailedCheckError(
            f"{told}: behind by half of the {settings().changes_kept_days} days that "
            "values are kept; after them compaction removes what was not read",
            mend,
        )
    if found.oldest_s >= LATE_S:
        raise FailedCheckError(f"{told}: no change of configuration is taken up", mend)
    return told


def _oldest_s(broker: sight.Broker, begins: Mapping[Place, int]) -> float:
    """How long the oldest message has waited."""
    if not begins:
        return 0.0
    stamps = [
        messages[0].timestamp / 1000
        for messages in broker.messages(begins).values()
        if messages
    ]
    return max(0.0, time.time() - min(stamps, default=time.time()))


def _told(found: Lag) -> str:
    topics = ", ".join(f"{n} in {topic}" for topic, n in found.waiting.items())
    return f"{topics} wait, the oldest for {found.oldest_s:.0f} s"
