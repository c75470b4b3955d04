"""What `fct_basis` must hold of what was loaded and put, in plain Python."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from tests.histories.candle_histories import MINUTE, Load, Row
from tests.histories.mark_histories import FEEDS, Settlements, Spots
from tests.oracles.evidence_oracle import at, rows

EXPIRES = {"binance": (8, "UTC"), "kraken_futures": (16, "Europe/London")}
YEAR = timedelta(days=365)
EIGHT_HOURS = timedelta(hours=8)
Key = tuple[str, str, int]


class Said(NamedTuple):
    """A reading of a measure at an instant; ordered by what makes it stand."""

    rank: int
    now_ms: int
    number: Decimal
    reading_id: str
    source: str


Instants = dict[int, dict[str, list[Said]]]
Told = tuple[Key, int, str, Said]


def readings(loads: Sequence[Load]) -> dict[Key, Instants]:
    """Of each minute, by instant and measure."""
    found: dict[Key, Instants] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for told in (candles(loads), filed(loads), snapshots(loads)):
        for key, instant, measure, said in told:
            found[key][instant][measure].append(said)
    return found


def candles(loads: Sequence[Load]) -> Iterator[Told]:
    """Closes of candles that were read after their end."""
    for measure in FEEDS:
        for row in rows(loads, f"{measure}_ohlc"):
            key, now = _key(row, row["opened_at_ms"]), row["venue_now_ms"]
            if now >= key[2] + MINUTE:
                close = Decimal(row["close"])
                said = Said(2, now, close, row["request_id"], "candle")
                yield key, key[2] + MINUTE, measure, said


def filed(loads: Sequence[Load]) -> Iterator[Told]:
    """Closes of files; what the newest version of a path has not seals nothing."""
    files = {f["file_id"]: f for f in rows(loads, "archive.files")}
    newest: dict[str, tuple[int, str]] = defaultdict(lambda: (0, ""))
    for file in files.values():
        if file["status"] == "loaded":
            newest[file["path"]] = max(_version(file), newest[file["path"]])
    for measure, feed in FEEDS.items():
        for row in rows(loads, f"archive.{feed}"):
            key, file = _key(row, row["opened_at_ms"]), files[row["file_id"]]
            seals = _version(file) == newest[file["path"]]
            rank, now = (3, file["published_at_ms"]) if seals else (0, 0)
            said = Said(rank, now, Decimal(row["close"]), row["file_id"], "archive")
            yield key, key[2] + MINUTE, measure, said


def snapshots(loads: Sequence[Load]) -> Iterator[Told]:
    """What was so at a moment; a price of 0 is none."""
    stamps = {"mark_prices": "observed_at_ms", "tickers": "quoted_at_ms"}
    for table, stamp in stamps.items():
        for row in rows(loads, table):
            at_ms, now = row[stamp], row["venue_now_ms"]
            for measure in ("mark", "index"):
                price = Decimal(row[f"{measure}_price"] or 0)
                said = Said(1, now, price, row["request_id"], "snapshot")
                if price:
                    yield _key(row, at_ms - at_ms % MINUTE), at_ms, measure, said


def _key(row: Row, opened: int) -> Key:
    return row["exchange_id"], row["symbol"], opened


def _version(file: Row) -> tuple[int, str]:
    return file["published_at_ms"], file["sha256"]


def basis(
    loads: Sequence[Load], spots: Spots, settlements: Settlements
) -> list[tuple[Any, ...]]:
    """The rows that are compared."""
    found = []
    with localcontext(Context(prec=60, rounding=ROUND_HALF_UP)):
        for key, instants in sorted(readings(loads).items()):
            marked = [i for i, told in instants.items() if "mark" in told]
            if marked:
                instant = max(marked, key=lambda i: ("index" in instants[i], i))
                told = instants[instant]
                found.append(_row(key, instant, told, spots, settlements))
    return found


def _row(
    key: Key,
    instant: int,
    told: dict[str, list[Said]],
    spots: Spots,
    settlements: Settlements,
) -> tuple[Any, ...]:
    exchange_id, symbol, minute = key
    best = {measure: max(said) for measure, said in told.items()}
    mark, index = best["mark"], best.get("index")
    spot = spots.get((symbol.split(":")[0], at(instant - instant % MINUTE - MINUTE)))
    price = spot["median"] if spot else None
    over_index = (mark.number - index.number) / index.number if index else None
    over_spot = (mark.number - price) / price if price else None
    expires_at, left = None, None
    if "-" in symbol:
        expires_at = _expiry(exchange_id, symbol)
        if expires_at and expires_at > at(instant):
            left = _ratio(YEAR, expires_at - at(instant))
    funding = None if "-" in symbol else _newest(key, at(instant), settlements)
    rate = funding["annualised_rate"] if funding else None
    yearly = _18(over_index, left)
    return (
        exchange_id, symbol, at(minute), at(instant), mark.number, mark.source,
        mark.reading_id,
        *((index.number, index.source, index.reading_id) if index else (None,) * 3),
        _18(over_index, Decimal(10_000)),
        best["premium"].number if "premium" in best else None,
        price, _18(over_spot, Decimal(10_000)),
        None if price else "no venue that counts traded" if spot
        else "no price of the pair",
        expires_at,
        funding["due_at"] if funding else None,
        yearly if "-" in symbol else rate,
        _18(over_spot, left),
        "sealed" if mark.rank == 3 else "closed",
        any(len({r.number for r in said}) > 1 for said in told.values()),
    )  # fmt: skip


def _expiry(exchange_id: str, symbol: str) -> datetime | None:
    if exchange_id not in EXPIRES:
        return None
    hour, zone = EXPIRES[exchange_id]
    day = datetime.strptime(f"{symbol[-6:]} {hour}", "%y%m%d %H")  # noqa: DTZ007
    return day.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _newest(key: Key, now: datetime, settlements: Settlements) -> Row | None:
    due = [
        row
        for (*series, at), row in settlements.items()
        if tuple(series) == key[:2] and now - EIGHT_HOURS < at <= now
    ]
    return max(due, key=lambda row: row["due_at"], default=None)


def _ratio(one: timedelta, other: timedelta) -> Decimal:
    micro = timedelta(microseconds=1)
    return Decimal(one // micro) / Decimal(other // micro)


def _18(ratio: Decimal | None, times: Decimal | None) -> Decimal | None:
    if ratio is None or times is None:
        return None
    return (ratio * times).quantize(Decimal("1e-18"))
