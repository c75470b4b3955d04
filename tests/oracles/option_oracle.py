"""What `fct_options` must hold, in plain Python."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.histories.candle_histories import Load, Row
from tests.histories.option_histories import HOUR
from tests.oracles.evidence_oracle import rows

COLUMNS = (
    *("bid", "bid_amount", "ask", "ask_amount", "mark_price", "last_price"),
    *("bid_iv", "ask_iv", "mark_iv", "delta", "gamma", "vega", "theta", "rho"),
    *("underlying_price", "index_price", "interest_rate", "open_interest"),
    "base_volume",
)
VOLATILITIES = ("bid_iv", "ask_iv", "mark_iv")
NOTHING_AT_0 = ("bid", "bid_amount", "ask", "ask_amount", "bid_iv", "ask_iv")


def options(loads: Sequence[Load]) -> list[tuple[Any, ...]]:
    """Each quote by symbol and moment, of its readings the one that says most."""
    chosen: dict[tuple[str, int], Row] = {}
    for row in (*rows(loads, "option_quotes"), *_filed(loads)):
        key = row["symbol"], row["quoted_at_ms"]
        chosen[key] = max(chosen.get(key, row), row, key=_precedence)
    return [_quote(chosen[key]) for key in sorted(chosen)]


def _filed(loads: Sequence[Load]) -> Iterator[Row]:
    """Summaries as quotes of the ends of their hours, in percent."""
    files = {file["file_id"]: file for file in rows(loads, "archive.files")}
    newest: dict[str, int] = defaultdict(int)
    for file in files.values():
        newest[file["path"]] = max(newest[file["path"]], file["published_at_ms"])
    for row in rows(loads, "archive.option_summaries"):
        file = files[row["file_id"]]
        seals = file["published_at_ms"] == newest[file["path"]]
        ratios = {name: row[name] and 100 * Decimal(row[name]) for name in VOLATILITIES}
        close = row["close"] and Decimal(row["close"])
        yield (
            row
            | ratios
            | {
                "quoted_at_ms": row["hour_at_ms"] + HOUR,
                "last_price": close or None,
                "underlying_index": None,
                "rank": 2 if seals else 0,
                "venue_now_ms": file["published_at_ms"] * seals,
                "request_id": row["file_id"],
            }
        )


def _precedence(row: Row) -> Any:
    numbers = [_number(row, name) for name in COLUMNS]
    told = [(number is not None, number or Decimal(0)) for number in numbers]
    index = row["underlying_index"]
    return (
        (row.get("rank", 1), row.get("delta") is not None, row["venue_now_ms"]),
        told,
        (index is not None, index or "", row["request_id"]),
    )


def _number(row: Row, name: str) -> Decimal | None:
    return None if row.get(name) is None else Decimal(row[name])


def _quote(row: Row) -> tuple[Any, ...]:
    pair, _, rest = row["symbol"].partition(":")
    settle, *terms = rest.split("-")
    numbers = {name: _number(row, name) for name in COLUMNS}
    numbers |= {name: numbers[name] or None for name in NOTHING_AT_0}
    return (
        row["symbol"],
        datetime.fromtimestamp(row["quoted_at_ms"] / 1000, UTC),
        pair.partition("/")[0],
        settle,
        *(_terms(*terms) if terms else (None, None, None)),
        *numbers.values(),
        row["underlying_index"],
        None
        if "rank" in row
        else Decimal(max(row["venue_now_ms"] - row["quoted_at_ms"], 0)) / 1000,
        row["request_id"],
        "archive" if "rank" in row else "rest",
    )


def _terms(day: str, strike: str, right: str) -> tuple[datetime, Decimal, str]:
    expires = datetime.strptime(f"{day} 08+0000", "%y%m%d %H%z")
    return expires, Decimal(strike), {"C": "call", "P": "put"}[right]
