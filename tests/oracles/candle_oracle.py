"""What gold must hold, computed from the loads in plain Python, minute by minute."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

from tests.histories.candle_histories import MINUTE, Load, Row
from tests.oracles.evidence_oracle import (
    GRADES,
    NONE,
    SEPARATE,
    Candles,
    Key,
    at,
    chosen,
    rows,
)

SUMS = ("quote_volume", "trades_count", "taker_buy_base", "taker_buy_quote")
STEPS = {"1m": 1, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "4h": 240, "12h": 720}
SILENCE = 30  # times the mean of the last 60 steps from candle to candle
USED_TO = 60
EIGHTEEN = Decimal(1).scaleb(-18)


@dataclass
class Account:
    """What is known of the minutes of a series."""

    asked: set[int] = field(default_factory=set)
    full: set[int] = field(default_factory=set)
    sparse: set[int] = field(default_factory=set)
    clocks: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    beyond: set[int] = field(default_factory=set)
    file_missing: set[int] = field(default_factory=set)

    def is_told_twice(self, stamp: int) -> bool:
        """Whether sparse answers spoke for it at two moments apart."""
        clocks = self.clocks[stamp]
        return max(clocks) - min(clocks) >= SEPARATE


def accounts(loads: Sequence[Load]) -> dict[Key, Account]:
    """What was asked and answered, by series."""
    found: dict[Key, Account] = defaultdict(Account)
    firsts: dict[str, int] = {}
    for page in rows(loads, "ohlcv_pages"):
        low = firsts.get(page["request_id"], page["answered_from_ms"])
        firsts[page["request_id"]] = min(low, page["answered_from_ms"])
    for page in rows(loads, "ohlcv_pages"):
        account = found[page["exchange_id"], page["symbol"]]
        _hear_of_page(account, page, firsts[page["request_id"]])
    for file in rows(loads, "archive.files"):
        _hear_of_file(found[file["exchange_id"], file["symbol"]], file)
    return found


def _hear_of_page(account: Account, page: Row, first: int) -> None:
    now_ms = page["venue_now_ms"]
    for stamp in range(page["asked_from_ms"], page["asked_until_ms"], MINUTE):
        if stamp + MINUTE <= now_ms:
            account.asked.add(stamp)
            if stamp < first:
                account.beyond.add(stamp)
    span = range(page["answered_from_ms"], page["answered_until_ms"], MINUTE)
    if page["sends_quiet_minutes"]:
        account.full.update(span)
        return
    account.sparse.update(span)
    for stamp in span:
        account.clocks[stamp].append(now_ms)


def _hear_of_file(account: Account, file: Row) -> None:
    covered = range(file["covers_from_ms"], file["covers_until_ms"], MINUTE)
    ended = [m for m in covered if m + MINUTE <= file["venue_now_ms"]]
    account.asked.update(covered if file["status"] == "loaded" else ended)
    if file["status"] == "missing":
        account.file_missing.update(ended)
    if file["status"] == "loaded" and not file["refused_count"]:
        account.full.update(covered)


ROLLED_UP_FROM = {"4h": "1h", "12h": "4h", "1d": "12h", "1w": "1d", "1M": "1d"}


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


def candles(
    loads: Sequence[Load], rebuilt: Candles = NONE, proofs: Candles = NONE
) -> list[tuple[Any, ...]]:
    """The rows of fct_candles, public columns, ordered by key."""
    known = accounts(loads)
    made = []
    for key, minutes in chosen(loads, rebuilt, proofs).items():
        settled = _settled(minutes, known[key])
        settled |= {s for s, proof in proofs.get(key, {}).items() if proof["is_proven"]}
        for timeframe in (*STEPS, "1d", "1w", "1M"):
            buckets = _buckets(sorted(minutes), timeframe)
            ended: dict[Any, int] = defaultdict(int)
            for stamp in settled:
                ended[bucket(timeframe, at(stamp))] += 1
            for (start, end), stamps in buckets.items():
                parts = [minutes[stamp] for stamp in stamps]
                is_complete = ended[start, end] == (end - start) / timedelta(minutes=1)
                vwap = _vwap(minutes, stamps, timeframe)
                row = (*key, timeframe, start, *_summary(parts, vwap), is_complete)
                made.append((*row, *_origin(parts)))
    return sorted(made, key=lambda row: row[:4])


def _origin(parts: Sequence[Row]) -> tuple[str, bool]:
    sources = {p["source"] for p in parts}
    source = sources.pop() if len(sources) == 1 else "mixed"
    return source, any(p["is_filled"] for p in parts)


def _settled(minutes: dict[int, Row], account: Account) -> set[int]:
    final = {stamp for stamp, candle in minutes.items() if candle["grade"]}
    quiet = account.sparse - account.full - minutes.keys()
    quiet -= silent(minutes, account)
    quiet = set(filter(account.is_told_twice, quiet))
    return (final & (account.full | account.sparse)) | quiet


def silent(minutes: Iterable[int], account: Account) -> set[int]:
    """Minutes of silences that are longer than what the series is used to."""
    found: set[int] = set()
    stamps = sorted(minutes)
    answered_until = max(account.sparse, default=0) + MINUTE
    for place, stamp in enumerate(stamps):
        end = stamps[place + 1] if place + 1 < len(stamps) else answered_until
        used_to = stamps[max(0, place - USED_TO) : place + 1]
        steps = len(used_to) - 1
        if steps < USED_TO // 10 or end - stamp <= SILENCE * MINUTE:
            continue
        if (end - stamp - MINUTE) * steps > SILENCE * (stamp - used_to[0]):
            found |= {m for m in account.sparse if stamp < m < end}
    return found


def _buckets(
    stamps: Iterable[int], timeframe: str
) -> dict[tuple[datetime, datetime], list[int]]:
    found: dict[tuple[datetime, datetime], list[int]] = defaultdict(list)
    for stamp in stamps:
        found[bucket(timeframe, at(stamp))].append(stamp)
    return found


def _summary(parts: Sequence[Row], vwap: Decimal | None) -> tuple[Any, ...]:
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
        vwap,
        GRADES[min(p["grade"] for p in parts)],
        len(parts),
    )


def _vwap(
    minutes: dict[int, Row], stamps: Sequence[int], timeframe: str
) -> Decimal | None:
    """What was paid by the volume; of long candles by what their parts' rows say."""
    with localcontext(prec=120):
        lower = ROLLED_UP_FROM.get(timeframe)
        parts = (
            [[stamp] for stamp in stamps]
            if lower is None
            else list(_buckets(stamps, lower).values())
        )
        paid = [_paid(minutes, part, lower) for part in parts]
        volume = Decimal(sum(minutes[stamp]["base_volume"] for stamp in stamps))
        if not volume or None in paid:
            return None
        total = sum((one for one in paid if one is not None), Decimal(0))
        return (total / volume).quantize(EIGHTEEN, ROUND_HALF_UP)


def _paid(
    minutes: dict[int, Row], stamps: Sequence[int], timeframe: str | None
) -> Decimal | None:
    rows = [minutes[stamp] for stamp in stamps]
    if all(row["quote_volume"] is not None for row in rows):
        return Decimal(sum(row["quote_volume"] for row in rows))
    volume = Decimal(sum(row["base_volume"] for row in rows))
    vwap: Decimal | None = rows[0]["vwap"]
    vwap = _vwap(minutes, stamps, timeframe) if timeframe else vwap
    if not volume:
        return Decimal(0)
    return None if vwap is None else vwap * volume
