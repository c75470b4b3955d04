"""What gold must hold, computed from the loads in plain Python, minute by minute."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

from tests.integration.candle_histories import MINUTE, Load, Row

GRADES = ("provisional", "closed", "confirmed")
VALUES = (
    "open", "high", "low", "close", "base_volume", "quote_volume", "trades_count",
    "taker_buy_base", "taker_buy_quote", "vwap",
)  # fmt: skip
SUMS = ("quote_volume", "trades_count", "taker_buy_base", "taker_buy_quote")
STEPS = {"1m": 1, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "4h": 240, "12h": 720}
Key = tuple[str, str]
EIGHTEEN = Decimal(1).scaleb(-18)


@dataclass
class Account:
    """What is known of the minutes of a series."""

    asked: set[int] = field(default_factory=set)
    full: set[int] = field(default_factory=set)
    sparse: set[int] = field(default_factory=set)
    beyond: set[int] = field(default_factory=set)


def at(stamp_ms: int) -> datetime:
    """The time of a stamp."""
    return datetime.fromtimestamp(stamp_ms / 1000, UTC)


def numbers(row: Row) -> tuple[Decimal | None, ...]:
    """What a reading says."""
    return tuple(None if row[v] is None else Decimal(row[v]) for v in VALUES)


def rows(loads: Iterable[Load], table: str) -> Iterator[Row]:
    """All rows of a table, of all loads."""
    for load in loads:
        yield from load.get(table, ())


def graded(loads: Sequence[Load]) -> dict[Key, dict[int, Row]]:
    """The candle that stands, by series and stamp."""
    readings: Any = defaultdict(lambda: defaultdict(lambda: defaultdict(set)))
    for row in rows(loads, "ohlcv"):
        series = readings[row["exchange_id"], row["symbol"]]
        said = (row["venue_now_ms"], row["request_id"])
        series[row["opened_at_ms"]][numbers(row)].add(said)
    return {
        key: {stamp: _standing(stamp, said) for stamp, said in minutes.items()}
        for key, minutes in readings.items()
    }


def _standing(stamp: int, said: dict[Any, set[tuple[int, str]]]) -> Row:
    ranked = []
    for values, who in said.items():
        after = {request for now, request in who if now >= stamp + MINUTE}
        order = tuple((v is not None, v or 0) for v in values)
        ranked.append((min(len(after), 2), max(now for now, _ in who), order, values))
    grade, _, _, values = max(ranked, key=lambda r: r[:3])
    return {"grade": grade, **dict(zip(VALUES, values, strict=True))}


def accounts(loads: Sequence[Load]) -> dict[Key, Account]:
    """What was asked and answered, by series."""
    found: dict[Key, Account] = defaultdict(Account)
    firsts: dict[str, int] = {}
    for page in rows(loads, "ohlcv_pages"):
        low = firsts.get(page["request_id"], page["answered_from_ms"])
        firsts[page["request_id"]] = min(low, page["answered_from_ms"])
    for page in rows(loads, "ohlcv_pages"):
        account = found[page["exchange_id"], page["symbol"]]
        for stamp in range(page["asked_from_ms"], page["asked_until_ms"], MINUTE):
            if stamp + MINUTE <= page["venue_now_ms"]:
                account.asked.add(stamp)
                if stamp < firsts[page["request_id"]]:
                    account.beyond.add(stamp)
        span = range(page["answered_from_ms"], page["answered_until_ms"], MINUTE)
        kind = account.full if page["sends_quiet_minutes"] else account.sparse
        kind.update(span)
    return found


def bucket(timeframe: str, time: datetime) -> tuple[datetime, datetime]:
    """Start and end of the bucket that holds a time."""
    midnight = time.replace(hour=0, minute=0)
    if timeframe == "1M":
        first = midnight.replace(day=1)
        return first, (first + timedelta(days=31)).replace(day=1)
    if timeframe == "1w":
        monday = midnight - timedelta(days=time.weekday())
        return monday, monday + timedelta(days=7)
    if timeframe == "1d":
        return midnight, midnight + timedelta(days=1)
    step = STEPS[timeframe]
    minute = (time.hour * 60 + time.minute) // step * step
    start = midnight + timedelta(minutes=minute)
    return start, start + timedelta(minutes=step)


def candles(loads: Sequence[Load]) -> list[tuple[Any, ...]]:
    """The rows of fct_candles, public columns, ordered by key."""
    known = accounts(loads)
    made = []
    for key, minutes in graded(loads).items():
        settled = _settled(minutes, known[key])
        for timeframe in (*STEPS, "1d", "1w", "1M"):
            buckets = defaultdict(list)
            for stamp in sorted(minutes):
                buckets[bucket(timeframe, at(stamp))].append(minutes[stamp])
            ended: dict[Any, int] = defaultdict(int)
            for stamp in settled:
                ended[bucket(timeframe, at(stamp))] += 1
            for (start, end), parts in buckets.items():
                is_complete = ended[start, end] == (end - start) / timedelta(minutes=1)
                made.append((*key, timeframe, start, *_summary(parts), is_complete))
    return sorted(made, key=lambda row: row[:4])


def _settled(minutes: dict[int, Row], account: Account) -> set[int]:
    final = {stamp for stamp, candle in minutes.items() if candle["grade"]}
    silent = account.sparse - account.full - minutes.keys()
    return (final & (account.full | account.sparse)) | silent


def _summary(parts: Sequence[Row]) -> tuple[Any, ...]:
    volume = sum(p["base_volume"] for p in parts)
    sums = [
        None if any(p[name] is None for p in parts) else sum(p[name] for p in parts)
        for name in SUMS
    ]
    return (
        parts[0]["open"],
        max(p["high"] for p in parts),
        min(p["low"] for p in parts),
        parts[-1]["close"],
        volume,
        *sums,
        _vwap(parts, volume),
        GRADES[min(p["grade"] for p in parts)],
        len(parts),
    )


def _vwap(parts: Sequence[Row], volume: Decimal) -> Decimal | None:
    paid = Decimal(0)
    with localcontext(prec=120):
        for part in parts:
            if part["quote_volume"] is not None:
                paid += part["quote_volume"]
            elif part["base_volume"]:
                if part["vwap"] is None:
                    return None
                paid += part["vwap"] * part["base_volume"]
        if not volume:
            return None
        return (paid / volume).quantize(EIGHTEEN, ROUND_HALF_UP)
