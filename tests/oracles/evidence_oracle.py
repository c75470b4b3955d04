"""Which candle stands for a minute, and what disagrees with it, in plain Python."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from tests.histories.candle_histories import MINUTE, Load, Row

SEPARATE = 30_000  # ms between readings of which one confirms the other
GRADES = ("provisional", "closed", "confirmed", "sealed")
VALUES = (
    "open", "high", "low", "close", "base_volume", "quote_volume", "trades_count",
    "taker_buy_base", "taker_buy_quote", "vwap",
)  # fmt: skip
FILLED = ("quote_volume", "trades_count", "taker_buy_base", "taker_buy_quote")
Key = tuple[str, str]
Candles = Mapping[Key, Mapping[int, Row]]
NONE: Candles = {}


class Reading(NamedTuple):
    """A reading of a minute; ordered by what makes one stand for those that agree."""

    is_sealing: bool
    now_ms: int
    source: str
    reading_id: str
    told_by: str
    is_after_end: bool


def at(stamp_ms: int) -> datetime:
    """The time of a stamp."""
    return datetime.fromtimestamp(stamp_ms / 1000, UTC)


def numbers(row: Row) -> tuple[Decimal | None, ...]:
    """What a reading says."""
    said = [row.get(v) for v in VALUES]
    return tuple(None if value is None else Decimal(value) for value in said)


def rows(loads: Iterable[Load], table: str) -> Iterator[Row]:
    """All rows of a table, of all loads."""
    for load in loads:
        yield from load.get(table, ())


def read(loads: Sequence[Load]) -> Iterator[tuple[Key, int, Row, Reading]]:
    """Every reading of the venue's own candles: series, stamp, row and what it is."""
    for row in rows(loads, "ohlcv"):
        stamp, now = row["opened_at_ms"], row["venue_now_ms"]
        request = row["request_id"]
        reading = Reading(False, now, "rest", request, request, now >= stamp + MINUTE)
        yield (row["exchange_id"], row["symbol"]), stamp, row, reading
    files = {f["file_id"]: f for f in rows(loads, "archive.files")}
    newest: dict[str, tuple[int, str]] = {}
    for file in files.values():
        if file["status"] == "loaded":
            version = (file["published_at_ms"], file["sha256"])
            newest[file["path"]] = max(version, newest.get(file["path"], version))
    for row in rows(loads, "archive.klines"):
        file, stamp = files[row["file_id"]], row["opened_at_ms"]
        path, published = file["path"], file["published_at_ms"]
        seals = (published, file["sha256"]) == newest[path]
        now = published if seals else stamp + MINUTE
        reading = Reading(seals, now, "archive", row["file_id"], path, True)
        yield (row["exchange_id"], row["symbol"]), stamp, row, reading


def graded(loads: Sequence[Load]) -> dict[Key, dict[int, Row]]:
    """The venue's own candle, by series and stamp."""
    minutes: Any = defaultdict(lambda: defaultdict(lambda: defaultdict(set)))
    for key, stamp, row, reading in read(loads):
        minutes[key][stamp][numbers(row)].add(reading)
    return {
        key: {stamp: _best(said) for stamp, said in series.items()}
        for key, series in minutes.items()
    }


def _best(said: dict[Any, set[Reading]]) -> Row:
    ranked = []
    for values, who in said.items():
        latest = max(who)
        after = [reading for reading in who if reading.is_after_end]
        clocks = [reading.now_ms for reading in after]
        is_confirmed = len({reading.told_by for reading in after}) > 1 and (
            max(clocks) - min(clocks) >= SEPARATE
        )
        grade = 3 if latest.is_sealing else bool(after) + is_confirmed
        order = tuple((v is not None, v or 0) for v in values)
        ranked.append((grade, latest.now_ms, order, values, latest))
    grade, _, _, values, latest = max(ranked, key=lambda r: r[:3])
    if [rank[0] for rank in ranked].count(
        3
    ) > 1:  # verified files contradict each other
        grade = 1
    names = {"source": latest.source, "reading_id": latest.reading_id}
    return {"grade": grade, **names, **dict(zip(VALUES, values, strict=True))}


def chosen(
    loads: Sequence[Load], rebuilt: Candles = NONE, proofs: Candles = NONE
) -> dict[Key, dict[int, Row]]:
    """The candle that stands, by series and stamp, with what trades fill."""
    stands = graded(loads)
    found: dict[Key, dict[int, Row]] = defaultdict(dict)
    for key in {*stands, *rebuilt}:
        own, made = stands.get(key, {}), rebuilt.get(key, {})
        for stamp in {*own, *made}:
            proof = proofs.get(key, {}).get(stamp, {}).get("proof")
            found[key][stamp] = _choice(own.get(stamp), made.get(stamp), proof)
    return found


def _choice(own: Row | None, made: Row | None, proof: str | None) -> Row:
    if own is None or (made is not None and made["grade"] > own["grade"]):
        assert made is not None
        return {**made, "is_filled": False}
    lacking = [n for n in FILLED if own[n] is None and made and made[n] is not None]
    if made is None or proof != "proven complete" or not lacking:
        return {**own, "is_filled": False}
    return {**own, **{name: made[name] for name in lacking}, "is_filled": True}


def disagreements(
    loads: Sequence[Load], rebuilt: Candles = NONE, proofs: Candles = NONE
) -> list[tuple[Any, ...]]:
    """Each value on which a reading after the end differs from what stands."""
    stands = chosen(loads, rebuilt, proofs)
    said = [
        (key, stamp, reading.source, reading.reading_id, numbers(row))
        for key, stamp, row, reading in read(loads)
        if reading.is_after_end
    ]
    said += [
        (key, stamp, "trades", row["reading_id"], numbers(row))
        for key, made in rebuilt.items()
        for stamp, row in made.items()
        if row["venue_now_ms"] >= stamp + MINUTE
    ]
    found = set()
    for key, stamp, source, reading_id, values in said:
        standing = stands[key][stamp]
        for name, value in zip(VALUES, values, strict=True):
            if None not in (value, standing[name]) and value != standing[name]:
                told = (source, reading_id, name, value, standing[name])
                found.add((*key, at(stamp), *told, standing["source"]))
    return sorted(found)
