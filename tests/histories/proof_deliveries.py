"""What is left of series as loads, as a venue would send it in pages.

In any order, some answers twice, some trades as aggregates, singly or both, some from
files of an archive, some in a weaker and wrong version too.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from tests.histories.candle_histories import MINUTE, Load, Row
from tests.histories.proof_histories import END, MINUTES, START, Fill, Kind, Series


@dataclass
class Deliveries:
    """What is left of series as loads."""

    rng: random.Random
    requests: int = 0

    def loads(self, series: Sequence[Series]) -> list[Load]:
        """Answers of every series, shuffled into loads; some come twice."""
        answers = [answer for one in series for answer in self.answers(one)]
        self.rng.shuffle(answers)
        answers += self.rng.sample(answers, len(answers) // 5)
        loads: list[Load] = []
        while answers:
            size = self.rng.randint(1, 8)
            for is_archived in (False, True):
                some = [
                    a for a in answers[:size] if ("archive.files" in a) is is_archived
                ]
                loads += [_united(some)] if some else []
            answers = answers[size:]
        return loads

    def answers(self, series: Series) -> Iterator[Load]:
        """Pages of candles and of trades that hold all that is left, in pieces."""
        for first, last in self._pieces():
            yield self._candles(series, first, last)
        for first, last in self._pieces():
            if series.kind.has_aggregates and self.rng.random() < 0.5:
                yield from self.archived(series, first, last)
            else:
                yield self.trades(series, first, last)

    def _pieces(self) -> list[tuple[int, int]]:
        cuts = sorted({0, MINUTES, *self.rng.sample(range(MINUTES), 4)})
        return list(pairwise(cuts))

    def _candles(self, series: Series, first: int, last: int) -> Load:
        meta = self._meta(series) | {"timeframe": "1m"}
        rows = [
            meta
            | {"opened_at_ms": START + minute * MINUTE, "closed_at_ms": None}
            | {name: _text(value) for name, value in series.candles[minute].items()}
            for minute in range(first, last)
            if minute in series.candles
        ]
        span = {"from_ms": START + first * MINUTE, "until_ms": START + last * MINUTE}
        page = meta | {
            **{f"asked_{k}": v for k, v in span.items()},
            **{f"answered_{k}": v for k, v in span.items()},
            "sends_quiet_minutes": series.kind.sends_quiet_minutes,
            "rows_count": len(rows),
        }
        self.rng.shuffle(rows)
        return {"ohlcv": rows, "ohlcv_pages": [page]}

    def trades(self, series: Series, first: int, last: int) -> Load:
        """A page of the trades left of minutes, some in an older, wrong version too."""
        meta = self._meta(series)
        rows = [
            meta | row
            for fill in series.left
            if first <= fill.minute < last
            for row in self._rows(series.kind, fill)
        ]
        stale = [r for r in rows if r["trade_id"] and self.rng.random() < 0.1]
        older = self._meta(series) | {"venue_now_ms": END}
        rows += [row | older | {"price": "1", "base_amount": "7"} for row in stale]
        page = meta | {
            **dict.fromkeys(("asked_from_id", "first_trade_id", "last_trade_id")),
            "asked_from_ns": (START + first * MINUTE) * 10**6,
            "answered_from_ns": (START + first * MINUTE) * 10**6,
            "answered_until_ns": (START + last * MINUTE) * 10**6,
            "next_cursor": None,
            "rows_count": len(rows),
        }
        self.rng.shuffle(rows)
        return {"trades": rows, "trade_pages": [page]}

    def archived(self, series: Series, first: int, last: int) -> Iterator[Load]:
        """The same as files; answers that are wrong say something else, later."""
        fills = [fill for fill in series.left if first <= fill.minute < last]
        rows = [row for fill in fills for row in self._rows(series.kind, fill)]
        wrong = {**self._meta(series), "venue_now_ms": END + 10**9, "price": "1"}
        yield {"trades": [row | wrong for row in rows if self.rng.random() < 0.3]}
        for feed, is_aggregate in (("agg_trades", True), ("trades", False)):
            for version in (1, 0):  # the older one is wrong, and comes later
                file = self._file(series, feed, first, last, version)
                held = [
                    _line(row, file, number, "1" if version == 0 else row["price"])
                    for number, row in enumerate(rows)
                    if row["is_aggregate"] is is_aggregate
                ]
                yield {"archive.files": [file], f"archive.{feed}": held}

    def _file(
        self, series: Series, feed: str, first: int, last: int, version: int
    ) -> Row:
        meta = self._meta(series)
        return {
            **dict.fromkeys(
                ("timeframe", "reason", "bytes_count", "uncompressed_bytes_count")
            ),
            **meta,
            "file_id": meta["request_id"],
            "market": "spot",
            "feed": feed,
            "period": "daily",
            "path": f"{series.symbol}-{feed}-{first}.zip",
            "covers_from_ms": START + first * MINUTE,
            "covers_until_ms": START + last * MINUTE,
            "status": "loaded",
            "sha256": f"{version}",
            "rows_count": 0,
            "refused_count": 0,
            "has_header": False,
            "stamp_unit": "ms",
            "published_at_ms": END + version,
        }

    def _rows(self, kind: Kind, fill: Fill) -> Iterator[Row]:
        """The fill as an aggregate, singly, as both, or as both with some singles."""
        shapes = ("aggregate", "singles", "both", "some")
        shape = self.rng.choice(shapes) if kind.has_aggregates else "singles"
        row = {
            "price": str(fill.price),
            "quote_amount": None,
            "traded_at_ns": fill.at_ms * 10**6,
            "taker_side": fill.side,
            "order_type": None,
        }
        if shape != "singles":
            yield row | {
                "is_aggregate": True,
                "trade_id": fill.first,
                "first_trade_id": fill.first,
                "last_trade_id": fill.first + fill.count - 1,
                "base_amount": str(fill.amount * fill.count),
            }
        for number in range(fill.count if shape != "aggregate" else 0):
            if shape != "some" or self.rng.random() < 0.5:
                yield row | {
                    "is_aggregate": False,
                    "base_amount": str(fill.amount),
                    **dict.fromkeys(
                        ("trade_id", "first_trade_id", "last_trade_id"),
                        fill.first + number if kind.has_ids else None,
                    ),
                }

    def _meta(self, series: Series) -> Row:
        self.requests += 1
        return {
            "exchange_id": series.kind.exchange_id,
            "symbol": series.symbol,
            "venue_now_ms": END + self.rng.randint(1, 10**6),
            "request_id": f"{self.rng.getrandbits(32):08x}-{self.requests}",
            "origin": "made",
            "received_at": "2024-05-01T00:00:00Z",
        }


def _united(answers: Sequence[Load]) -> Load:
    tables: dict[str, list[Row]] = {}
    for answer in answers:
        for table, rows in answer.items():
            tables.setdefault(table, []).extend(rows)
    return tables


def _line(row: Row, file: Row, number: int, price: str) -> Row:
    return {
        **row,
        "exchange_id": file["exchange_id"],
        "symbol": file["symbol"],
        "agg_trade_id": row["trade_id"],
        "price": price,
        "contracts": None,
        "is_buyer_maker": row["taker_side"] == "sell",
        "file_id": file["file_id"],
        "line_number": number + 1,
    }


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value
