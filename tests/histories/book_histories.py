"""Random histories of order books: loads of snapshots, repeated, late, out of order."""

import json
import random
from decimal import Decimal
from typing import Any

from pipelines.sandbox.clock import iso
from tests.histories.candle_histories import START, Load, Row

SERIES = (
    ("binance", "BTC/USDT"),
    ("binance", "BTC/USD:BTC"),
    ("kraken", "ETH/BTC"),
    ("other", "XRP/USD:XRP-241227"),
)
SNAPSHOTS = 90  # a minute or so apart: an hour and a half


class BookHistories:
    """Loads of books; a seed repeats one."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self._requests = 0

    def loads(self, count: int) -> list[Load]:
        """So many loads; each book comes in one of them, some in two."""
        rows = [row for series in SERIES for row in self._series(series)]
        rows += self.rng.sample(rows, len(rows) // 5)
        loads: list[list[Row]] = [[] for _ in range(count)]
        for row in rows:
            self.rng.choice(loads).append(self._sent(row))
        return [
            {"order_books": load, "book_pages": [self._page(row) for row in load]}
            for load in loads
        ]

    def _page(self, row: Row) -> Row:
        """Of a book its minute, or that of another one, which nobody answered for."""
        is_answered = self.rng.random() < 0.9
        at = row["snapshot_at_ms"] + (0 if is_answered else 7 * 60_000)
        start = at - at % 60_000
        spans = {
            "asked_from_ms": start,
            "asked_until_ms": start + 60_000,
            "answered_from_ms": start,
            "answered_until_ms": start + 60_000 * is_answered,
        }
        return row | spans | {"rows_count": int(is_answered)}

    def _series(self, series: tuple[str, str]) -> list[Row]:
        """Books of which some stand still, and some are none of a market."""
        rng, rows = self.rng, []
        at, book = START, self._book()
        has_ids = rng.random() < 0.7
        for number in range(SNAPSHOTS):
            at += rng.choice((60_000, 60_000, 59_000, 61_500, 400_000))
            if rng.random() < 0.3:
                book = self._book()
            rows.append(
                {
                    "exchange_id": series[0],
                    "symbol": series[1],
                    "snapshot_at_ms": at,
                    "update_id": str(number // 9) if has_ids else None,
                    "changed_at_ms": None,
                    "bids": json.dumps(book[0]),
                    "asks": json.dumps(book[1]),
                    "venue_now_ms": at + 1,
                }
            )
        return rows

    def _book(self) -> tuple[list[list[Any]], list[list[Any]]]:
        rng = self.rng
        mid = Decimal(rng.choice((1, 100, 42_000))) * Decimal(rng.randint(90, 110))
        gap = rng.choice(("0.0001", "0.0001", "0.00005", "0.01", "0", "-0.001"))
        sides = []
        for sign in (-1, 1):
            levels = []
            price = mid * (1 + sign * Decimal(gap))
            for _ in range(rng.choice((0, 1, 4, 12, 12, 12))):
                amount = rng.choice((Decimal(0), Decimal(rng.randint(1, 10**9))))
                amount = max(amount, Decimal(rng.randint(0, 5))).scaleb(-6)
                levels.append([f"{price:.6f}", str(amount), 7])
                price += sign * mid * Decimal(rng.choice(("0", "0.0003", "0.002")))
            rng.shuffle(levels) if rng.random() < 0.2 else None
            sides.append(levels)
        return sides[0], sides[1]

    def _sent(self, row: Row) -> Row:
        """The row as one answer had it: another one of that moment may differ."""
        self._requests += 1
        sent = {
            **row,
            "request_id": f"r{self._requests:05}",
            "origin": "https://venue.example/depth",
            "received_at": iso(row["venue_now_ms"]),
        }
        if self.rng.random() < 0.1:
            bids, asks = self._book()
            sent |= {"bids": json.dumps(bids), "asks": json.dumps(asks)}
            sent |= {"venue_now_ms": row["venue_now_ms"] + self.rng.randint(0, 1)}
        return sent
