"""What the configuration was at a moment, in plain Python, moment by moment."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from pipelines.sources.config_changes.event import ChangeEvent
from tests.histories.config_histories import MINUTE_US, RECEIVED_AT, name_of

Row = Mapping[str, Any]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RECEIVED_US = int(RECEIVED_AT.timestamp()) * 1_000_000
CAUSES = (None, "not configured", "our fault")


def time_of(stamp_us: int) -> datetime:
    """The time of a stamp in microseconds."""
    return EPOCH + timedelta(microseconds=stamp_us)


@dataclass
class Told:
    """The history of one table: by key, its rows with the moments they began at."""

    events: list[ChangeEvent]
    rows: dict[str, list[tuple[int, Row | None]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        effective = self.effective_lsn
        self.events = sorted(self.events, key=lambda e: e.order(effective(e)))
        for key in {e.row_key for e in self.events if e.row_key is not None}:
            self.rows[key] = list(self._lives(key))

    def _lives(self, key: str) -> Iterator[tuple[int, Row | None]]:
        now_us, told = -1, [e for e in self.events if e.row_key in (key, None)]
        for number, event in enumerate(told):
            begun = [self.known_at(event)]
            if event.op == "r" or event.is_inferred:
                later = [e for e in told[number:] if self.effective_lsn(e) > e.lsn]
                begun += map(self.known_at, later)
            now_us = max(now_us, min(begun))
            yield now_us, event.after

    def effective_lsn(self, event: ChangeEvent) -> int:
        """Of what was streamed after a snapshot: at least the snapshot's."""
        if event.op == "r" or event.is_inferred:
            return event.lsn
        before = [
            lsn
            for lsn, reads in self.snapshots.items()
            if min(e.offset for e in reads) < event.offset
            and min(e.captured_at_us or 0 for e in reads) <= (event.captured_at_us or 0)
        ]
        return max([event.lsn, *before])

    @cached_property
    def snapshots(self) -> Mapping[int, list[ChangeEvent]]:
        """What snapshots read, by their LSN."""
        found: dict[int, list[ChangeEvent]] = defaultdict(list)
        for event in self.events:
            if event.op == "r":
                found[event.lsn].append(event)
        return found

    def known_at(self, event: ChangeEvent) -> int:
        """When a change was made, or else a snapshot's or our own time."""
        if event.committed_at_us is not None:
            return event.committed_at_us
        read = [e.committed_at_us for e in self.events if e.lsn == event.lsn]
        return min((us for us in read if us is not None), default=RECEIVED_US)

    @property
    def known_from(self) -> int:
        """When the first that was told of the table had been told."""
        first = self.events[0].lsn
        return max(self.known_at(e) for e in self.events if e.lsn == first)

    def at(self, moment_us: int) -> list[Row]:
        """The rows that stood."""
        stood = []
        for lives in self.rows.values():
            begun = [row for at_us, row in lives if at_us <= moment_us]
            if begun and begun[-1] is not None:
                stood.append(begun[-1])
        return stood

    def intervals(self, key: str) -> Iterator[tuple[datetime, datetime | None, Row]]:
        """The key's rows and from when until when each stood."""
        last = dict(self.rows[key])  # the last at its moment
        spans: list[tuple[int, Row | None]] = []
        for at_us, row in sorted(last.items()):
            if not spans or spans[-1][1] != row:
                spans.append((at_us, row))
        ends = [*(time_of(at_us) for at_us, _ in spans[1:]), None]
        for (at_us, row), end in zip(spans, ends, strict=True):
            if row is not None:
                yield time_of(at_us), end, row


class Configured:
    """What was to be collected, by the changes that were delivered."""

    def __init__(self, changes: Sequence[ChangeEvent]) -> None:
        events: dict[str, dict[Any, ChangeEvent]] = defaultdict(dict)
        for event in changes:
            events[name_of(event)].setdefault(event.identity, event)
        self.tables = {name: Told(list(e.values())) for name, e in events.items()}

    @cached_property
    def moments(self) -> list[int]:
        """Every moment at which anything may have been decided otherwise."""
        found = {t.known_from for t in self.tables.values()}
        for told in self.tables.values():
            found |= {at_us for lives in told.rows.values() for at_us, _ in lives}
        rows = (row for r in self.tables["instruments"].rows.values() for _, row in r)
        found |= {us for row in rows if row and (us := since_us(row)) is not None}
        return sorted(found)

    def instruments(self) -> list[tuple[Any, ...]]:
        """The rows of dim_config_instruments: key, interval and some of the columns."""
        told = self.tables["instruments"]
        names = ("is_enabled", "feeds", "since")
        found = [
            (*json.loads(key), start, end, *(row[name] for name in names))
            for key in told.rows
            for start, end, row in told.intervals(key)
        ]
        return sorted(found, key=lambda r: r[:3])

    def cause(self, exchange_id: str, symbol: str, minute_us: int) -> str | None:
        """Why nobody asked for a minute: the least of what holds during any of it."""
        if len(self.tables) < 2:
            return None
        end = minute_us + MINUTE_US
        during = [minute_us, *(m for m in self.moments if minute_us < m < end)]
        return CAUSES[min(self._grade(exchange_id, symbol, m) for m in during)]

    def names(self, exchange_id: str) -> set[str]:
        """The symbols that a row of the venue ever named, patterns left out."""
        told = self.tables.get("instruments")
        keys = [json.loads(key) for key in (told.rows if told else ())]
        return {s for venue, s in keys if venue == exchange_id and "*" not in s}

    def is_wanted(self, exchange_id: str, symbol: str, moment: datetime) -> bool | None:
        """Whether candles were to be collected at a moment; None: not known."""
        if len(self.tables) < 2:
            return None
        moment_us = (moment - EPOCH) // timedelta(microseconds=1)
        return (None, False, True)[self._grade(exchange_id, symbol, moment_us)]

    def _grade(self, exchange_id: str, symbol: str, moment_us: int) -> int:
        """0: not known, 1: not to be collected, 2: to be collected."""
        exchanges = self.tables["exchanges"].at(moment_us)
        if not exchanges or any(moment_us < t.known_from for t in self.tables.values()):
            return 0
        venue = [e for e in exchanges if e["exchange_id"] == exchange_id]
        if not venue or not venue[0]["is_enabled"]:
            return 1
        rows = self.tables["instruments"].at(moment_us)
        meant = [
            row
            for row in rows
            if row["exchange_id"] == exchange_id
            and (
                row["symbol"] == symbol
                or ("*" in row["symbol"] and "spot" in venue[0]["market_types"])
            )
            and re.fullmatch(row["symbol"].replace("*", ".*"), symbol)
        ]
        meant.sort(key=lambda r: ("*" in r["symbol"], -len(r["symbol"]), r["symbol"]))
        return 1 + bool(meant and _is_wanted(meant[0], moment_us))


def since_us(row: Row) -> int | None:
    """Where a history begins, if that is a time."""
    since = row["since"]
    if since.startswith("-P"):
        return None
    at = datetime.fromisoformat(since)
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()) * 1_000_000


def _is_wanted(row: Row, moment_us: int) -> bool:
    since = since_us(row)
    has_begun = since is None or since <= moment_us
    return row["is_enabled"] and "candles" in row["feeds"] and has_begun
