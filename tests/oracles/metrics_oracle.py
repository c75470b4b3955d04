"""What `fct_open_interest` and `fct_positioning` must hold, in plain Python."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from tests.histories.candle_histories import Load, Row
from tests.histories.metrics_histories import FIVE_MINUTES, RATIOS, SEAM
from tests.oracles.evidence_oracle import at, rows

AMOUNTS = ("base_open_interest", "contracts_open_interest", "open_interest_value")
Key = tuple[str, str, int]


def _key(row: Row, at_ms: int) -> Key:
    return row["exchange_id"], row["symbol"], at_ms


def filed(loads: Sequence[Load]) -> Iterator[tuple[Key, Row, bool, int]]:
    """Rows of files: the instant, the row, whether it seals, when it was published."""
    files = {f["file_id"]: f for f in rows(loads, "archive.files")}
    newest: dict[str, int] = defaultdict(int)
    for file in files.values():
        path = file["path"]
        newest[path] = max(newest[path], file["published_at_ms"])
    for row in rows(loads, "archive.metrics"):
        file = files[row["file_id"]]
        is_at_end = file["market"] == "um" and file["covers_from_ms"] < SEAM
        instant = row["observed_at_ms"] + (0 if is_at_end else FIVE_MINUTES)
        published = file["published_at_ms"]
        yield _key(row, instant), row, published == newest[file["path"]], published


def amounts(row: Row) -> tuple[Decimal | None, ...]:
    """What a reading says of open interest."""
    said = [row.get(name) for name in AMOUNTS]
    return tuple(None if value is None else Decimal(value) for value in said)


def open_interest(loads: Sequence[Load]) -> list[tuple[Any, ...]]:
    """The rows that are compared."""
    found: dict[Key, list[Any]] = defaultdict(list)
    for rank, (table, source) in enumerate(
        (("open_interest", "snapshot"), ("open_interest_history", "history")), 1
    ):
        for row in rows(loads, table):
            said = amounts(row)
            if source == "snapshot":
                said = (*said[:2], None)
            rated = (rank, row["venue_now_ms"], said, row["request_id"], source)
            found[_key(row, row["observed_at_ms"])].append(rated)
    for key, row, is_sealing, published in filed(loads):
        said = amounts(row)
        if said[:2] != (None, None):
            rank = 3 if is_sealing else 0
            rated = (rank, published * is_sealing, said, row["file_id"], "archive")
            found[key].append(rated)
    return [
        _observation(key, told, max(told, key=_order))
        for key, told in sorted(found.items())
    ]


def _order(reading: Any) -> tuple[Any, ...]:
    rank, now, said, reading_id, _ = reading
    # what is not said is least
    return rank, now, [(v is not None, v or 0) for v in said], reading_id


def _observation(key: Key, told: Sequence[Any], best: Any) -> tuple[Any, ...]:
    rank, _, said, reading_id, source = best
    known = [{r[2][place] for r in told} - {None} for place in range(3)]
    grade = "sealed" if rank == 3 else "closed"
    differs = any(len(values) > 1 for values in known)
    return (*key[:2], at(key[2]), *said, grade, source, reading_id, len(told), differs)


def positioning(loads: Sequence[Load]) -> list[tuple[Any, ...]]:
    """The rows that are compared."""
    found: dict[Key, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for table, column, measure in (
        *((name, "long_short_ratio", name) for name in RATIOS),
        ("taker_volumes", "buy_sell_ratio", "taker"),
    ):
        for row in rows(loads, table):
            rated = (1, row["venue_now_ms"], Decimal(row[column]))
            found[_key(row, row["observed_at_ms"])][measure].append(rated)
    for key, row, is_sealing, published in filed(loads):
        for measure in (*RATIOS, "taker"):
            if row[f"{measure}_ratio"] is not None:
                rank = 2 if is_sealing else 0
                rated = (rank, published * is_sealing, Decimal(row[f"{measure}_ratio"]))
                found[key][measure].append(rated)
    return [_position(key, told) for key, told in sorted(found.items())]


def _position(key: Key, told: dict[str, list[Any]]) -> tuple[Any, ...]:
    best = {measure: max(readings) for measure, readings in told.items()}
    ranks = {rank for rank, _, _ in best.values()}
    routes = {rank == 1 for rank in ranks}
    source = "mixed" if len(routes) > 1 else "rest" if routes == {True} else "archive"
    ratios = [best[m][2] if m in best else None for m in (*RATIOS, "taker")]
    differs = any(len({r[2] for r in readings}) > 1 for readings in told.values())
    grade = "sealed" if ranks == {2} else "closed"
    return (*key[:2], at(key[2]), *ratios, grade, source, differs)
