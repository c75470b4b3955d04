"""Topics in memory, as the consumer sees a broker; events as Debezium sends them."""

import json
import threading
import time
import uuid
from contextlib import contextmanager

from pipelines.errors import UpstreamError
from pipelines.local.change_topics import topic_of
from pipelines.settings import settings
from pipelines.sources.config_changes import follow, session
from pipelines.sources.config_changes.batch import Message, Place

PREFIX = "bullion"
THINGS = "bullion.config.things"
DECLARED = """
create schema if not exists config;
create table config.things (id integer primary key, value text, share numeric(10, 4));
"""


def without_waiting(monkeypatch):
    """The consumer does not wait for what a test says has come."""
    monkeypatch.setattr(session, "SETTLE_S", 0.0)
    monkeypatch.setattr(session, "REFRESH_S", 0.0)
    monkeypatch.setattr(session, "POLL_S", 0.01)
    monkeypatch.setattr(follow, "PAUSES_S", (0.01,))


def source_of(table, **facts):
    """What the connector writes into the source of a change of `config.<table>`."""
    own = {"connector": "postgresql", "name": PREFIX, "db": settings().pgdatabase}
    return {**own, "schema": "config", "table": table, **facts}


def event(
    key,
    lsn,
    *,
    op="c",
    position=1,
    snapshot="false",
    table="things",
    captured_at_ms=1763681234600,
    **columns,
):
    """A change of `config.<table>`; `columns` beside its id."""
    row = {"id": key, **(columns or {"value": f"{key} at {lsn}"})}
    facts = {"txId": lsn // 10, "snapshot": snapshot, "ts_us": 1763681234567123}
    source = source_of(table, lsn=lsn, **facts)
    told = {
        "before": row if op == "d" else None,
        "after": None if op == "d" else row,
        "source": source,
        "op": op,
        "ts_ms": captured_at_ms,
    }
    if op != "r":
        told["transaction"] = {"id": f"{lsn}:1", "total_order": position}
    return json.dumps(told).encode()


class MemoryBroker:
    """Topics of one partition; `is_away`: no request is answered."""

    def __init__(self, *topics):
        self.topics = {}
        self.dead = []
        self.is_away = False
        self.logs = 0
        for name in topics:
            self.create(name)

    def create(self, name):
        self.topics[name] = (str(uuid.uuid4()), [])

    def write(self, *values, topic=THINGS):
        self.topics[topic][1].extend(values)

    def open(self):
        self.logs += 1
        return MemoryLog(self)

    @contextmanager
    def following(self):
        """The consumer runs meanwhile; what it did."""
        stop, done = threading.Event(), session.Followed()
        arguments = (self.open, PREFIX, stop)
        thread = threading.Thread(
            target=follow.follow, args=arguments, kwargs={"followed": done}
        )
        thread.start()
        try:
            yield done
        finally:
            stop.set()
            thread.join()


class MemoryLog:
    """A connection to the broker in memory."""

    address = "memory"

    def __init__(self, broker):
        self.broker = broker
        self.at = {}

    def places(self, topics):
        return [
            Place(name, self._answered()[name][0], 0)
            for name in topics
            if name in self.broker.topics
        ]

    def keep(self, tables):
        topics = [topic_of(table, PREFIX) for table in tables]
        made = [topic for topic in topics if topic not in self._answered()]
        for topic in made:
            self.broker.create(topic)
        return made

    def spans(self, places):
        return {p: (0, len(self._answered()[p.topic][1])) for p in places}

    def read_from(self, offsets):
        self.at = dict(offsets)

    def messages(self, wait_s):
        found = []
        for place, offset in self.at.items():
            _, values = self._answered().get(place.topic, ("", []))
            new = values[offset : offset + 1000]
            found += [
                Message(place, offset + number, b"{}", value)
                for number, value in enumerate(new)
            ]
            self.at[place] = offset + len(new)
        if not found:
            time.sleep(min(wait_s, 0.01))
        return found

    def reject(self, refused):
        self._answered()
        self.broker.dead += refused

    def close(self):
        self.at = {}

    def _answered(self):
        if self.broker.is_away:
            raise UpstreamError("the broker is away")
        return self.broker.topics
