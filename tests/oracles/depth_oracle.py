"""What `fct_book_depth` must hold, in plain Python."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from tests.histories.candle_histories import Load, Row
from tests.histories.depth_histories import HOUR
from tests.oracles.evidence_oracle import at, rows

STALE, SIZE = 300, 100  # seconds, and dollars a contract of bitcoin
AMOUNTS = ("base_depth", "contracts_depth", "quote_depth")
Key = tuple[str, str, int, str, Decimal]
Said = tuple[bool, int, list[tuple[bool, Decimal]], str]


def depth(loads: Sequence[Load]) -> list[tuple[Any, ...]]:
    """The rows that are compared."""
    found: dict[Key, list[Said]] = defaultdict(list)
    for key, said in _readings(loads):
        found[key].append(said)
    best = {key: max(told) for key, told in found.items()}
    stood = dict(_stood(best))
    least: dict[tuple[str, str, int], int] = {}
    for (venue, symbol, now, *_), seconds in stood.items():
        book = (venue, symbol, now)
        least[book] = min(seconds, least.get(book, seconds))
    return [
        _row(key, best[key], found[key], stood[key], least[key[:3]])
        for key in sorted(found)
    ]


def _readings(loads: Sequence[Load]) -> Iterator[tuple[Key, Said]]:
    of_depth = [f for f in rows(loads, "archive.files") if f["feed"] == "book_depth"]
    files = {file["file_id"]: file for file in of_depth}
    newest: dict[str, int] = defaultdict(int)
    for file in files.values():
        newest[file["path"]] = max(newest[file["path"]], file["published_at_ms"])
    for row in rows(loads, "archive.book_depth"):
        file, band = files[row["file_id"]], Decimal(row["band_pct"])
        key = (row["exchange_id"], row["symbol"], row["snapshot_at_ms"])
        published = file["published_at_ms"]
        seals = published == newest[file["path"]]
        said = (seals, published * seals, _amounts(row), row["file_id"])
        yield (*key, "bid" if band < 0 else "ask", abs(band)), said


def _amounts(row: Row) -> list[tuple[bool, Decimal]]:
    # of an array what is not said is the greatest
    sent = [row[name] for name in AMOUNTS]
    return [(value is None, Decimal(value or 0)) for value in sent]


def _stood(best: dict[Key, Said]) -> Iterator[tuple[Key, int]]:
    """For how many seconds each band has been so."""
    bands: dict[tuple[Any, ...], dict[int, Any]] = defaultdict(dict)
    for (venue, symbol, now, *band), (*_, amounts, _) in best.items():
        bands[venue, symbol, *band][now] = amounts
    for (venue, symbol, side, pct), told in bands.items():
        times = sorted(told)
        for n, now in enumerate(times):
            since = now
            for before in reversed(times[:n]):
                if told[before] != told[now] or now - before > HOUR:
                    break
                since = before
            yield (venue, symbol, now, side, pct), (now - since) // 1000


def _row(
    key: Key, best: Said, told: Sequence[Said], seconds: int, least: int
) -> tuple[Any, ...]:
    seals, _, amounts, file_id = best
    base, contracts, quote = (None if none else value for none, value in amounts)
    worth = contracts * SIZE if contracts is not None else quote
    is_empty = (base if contracts is None else contracts) == 0
    why = "frozen" if least < STALE else "stale"
    return (
        *(key[0], key[1], at(key[2]), key[3], key[4]),
        *(base, contracts, worth, seconds),
        None if seconds < STALE or is_empty else why,
        "sealed" if seals else "closed",
        file_id,
        len({str(said[2]) for said in told}) > 1,
    )
