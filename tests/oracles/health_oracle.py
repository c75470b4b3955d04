"""A venue's health, minute by minute, as computed from rows in plain Python."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.histories.candle_histories import Load, Row
from tests.oracles.config_oracle import Configured

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
KINDS = ("answered", "throttled", "refused", "failed", "unanswered")
Minute = tuple[str, datetime]


@dataclass(frozen=True)
class BudgetEvent:
    """A row of `ops.budget_events`."""

    budget: str
    event: str
    happened_at: datetime
    until_at: datetime


def health(
    loads: Sequence[Load], events: Sequence[BudgetEvent], configured: Configured
) -> list[tuple[Any, ...]]:
    """Each minute: its key, counts, latencies, fullest limit, pauses, and ages."""
    sent: dict[Minute, list[Row]] = defaultdict(list)
    for row in _rows(loads, "requests"):
        sent[row["scope"], _floor(_at(row["requested_at"]))].append(row)
    halts = _halts(events)
    ages = _Ages(loads, configured)
    return [
        (
            *(*key, *_counts(sent[key]), *_fullest(sent[key])),
            *(*_pause(halts, key), *ages.of(*key)),
        )
        for key in sorted({*sent, *_minutes(halts)})
    ]


def _counts(sent: Sequence[Row]) -> tuple[int | None, ...]:
    counts = Counter(_outcome(row["status"]) for row in sent)
    took = sorted(row["elapsed_ms"] for row in sent if row["status"] is not None)
    return (
        *(len(sent), *(counts[kind] for kind in KINDS)),
        sum(row["attempt"] > 1 for row in sent),
        len({row["subject"] for row in sent} - {None}),
        sum(row["weight"] for row in sent),
        sum(row["bytes_count"] for row in sent),
        *(_share(took, 50), _share(took, 95), took[-1] if took else None),
    )


def _share(values: Sequence[int], of: int) -> int | None:
    """The first value that so large a share is at most."""
    return values[-(-len(values) * of // 100) - 1] if values else None


def _outcome(status: int | None) -> str:
    if status is None:
        return "unanswered"
    if status in (418, 429):
        return "throttled"
    kinds = {2: "answered", 3: "answered", 4: "refused", 5: "failed"}
    return kinds[status // 100]


def _fullest(sent: Sequence[Row]) -> tuple[str | None, Decimal | None]:
    spent: Counter[tuple[str, int]] = Counter()
    for row in sent:
        if row["limit_name"]:
            spent[row["limit_name"], row["limit_per_minute"]] += row["weight"]
    shares = [(-Decimal(n) / allowed, name) for (name, allowed), n in spent.items()]
    if not shares:
        return None, None
    share, name = min(shares)
    return name, round(-share, 6)


@dataclass(frozen=True)
class _Halt:
    exchange_id: str
    event: str
    began: datetime
    ended: datetime


def _halts(events: Sequence[BudgetEvent]) -> list[_Halt]:
    closed = [e for e in events if e.event == "closing"]
    return [
        _Halt(
            e.budget.split()[0],
            e.event,
            e.happened_at,
            min(
                [
                    e.until_at,
                    *(
                        c.happened_at
                        for c in closed
                        if e.event == "opening"
                        and c.budget == e.budget
                        and c.happened_at >= e.happened_at
                    ),
                ]
            ),
        )
        for e in events
        if e.event != "closing"
    ]


def _minutes(halts: Sequence[_Halt]) -> Iterator[Minute]:
    for halt in halts:
        at = _floor(halt.began)
        yield halt.exchange_id, at
        while (at := at + MINUTE) < halt.ended:
            yield halt.exchange_id, at


def _pause(halts: Sequence[_Halt], key: Minute) -> tuple[Decimal, int]:
    """Seconds of the minute that any halt covers, and how many openings are in it."""
    exchange_id, at = key
    own = [h for h in halts if h.exchange_id == exchange_id]
    seconds, covered = timedelta(), at
    for halt in sorted(own, key=lambda h: h.began):
        began, ended = max(halt.began, covered), min(halt.ended, at + MINUTE)
        if began < ended:
            seconds, covered = seconds + (ended - began), ended
    opened = [h for h in own if h.event == "opening" and _floor(h.began) == at]
    return Decimal(seconds // timedelta(microseconds=1)).scaleb(-6), len(opened)


class _Ages:
    """How old the series were that were wanted of a venue."""

    def __init__(self, loads: Sequence[Load], configured: Configured) -> None:
        self._configured = configured
        self._asked: dict[str, set[tuple[datetime, str]]] = defaultdict(set)
        for page in _rows(loads, "ohlcv_pages"):
            at = _at(page["received_at"])
            hour = at.replace(minute=0, second=0, microsecond=0)
            self._asked[page["exchange_id"]].add((hour, page["symbol"]))
        self._came: dict[tuple[str, str], list[tuple[datetime, datetime]]]
        self._came = defaultdict(list)
        for candle in _rows(loads, "ohlcv"):
            opened_ms = candle["opened_at_ms"]
            if candle["venue_now_ms"] >= opened_ms + 60_000:
                opened = datetime.fromtimestamp(opened_ms / 1000, UTC)
                key = candle["exchange_id"], candle["symbol"]
                self._came[key].append((_at(candle["received_at"]), opened))

    def of(self, exchange_id: str, at: datetime) -> tuple[int | None, ...]:
        """How many series are wanted, and their median and greatest age in minutes."""
        hour = at.replace(minute=0)
        asked_for = {
            symbol
            for asked, symbol in self._asked[exchange_id]
            if asked <= hour < asked + DAY
        }
        wanted = []
        for symbol in asked_for | self._configured.names(exchange_id):
            is_wanted = self._configured.is_wanted(exchange_id, symbol, at)
            if symbol in asked_for if is_wanted is None else is_wanted:
                wanted.append(symbol)
        ages = []
        for symbol in wanted:
            came = [
                opened
                for received, opened in self._came[exchange_id, symbol]
                if received < at + MINUTE and opened <= at
            ]
            if came:
                ages.append((at - max(came)) // MINUTE)
        ages.sort()
        return len(wanted), _share(ages, 50), ages[-1] if ages else None


def _rows(loads: Sequence[Load], table: str) -> Iterator[Row]:
    for load in loads:
        yield from load.get(table, ())


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _floor(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)
