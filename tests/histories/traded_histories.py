"""Random histories with trades among them: each series has one tape of numbered trades.

Answers repeat spans of it, and leave some of them out.
"""

import random
from decimal import Decimal

from tests.histories.archive_histories import ArchivedHistories
from tests.histories.candle_histories import (
    MINUTE,
    MINUTES,
    SERIES,
    START,
    Load,
    Row,
    Series,
)


class TradedHistories(ArchivedHistories):
    """Answers, files and trades."""

    def load(self) -> Load:
        """What the archive or the venues said, and of venues trades too."""
        tables = super().load()
        if "archive.files" in tables:
            return tables
        spans = [self.trades(s) for s in self.rng.sample(SERIES, 2)]
        return {**tables, "trades": [row for span in spans for row in span]}

    def trades(self, series: Series) -> list[Row]:
        """One answer's trades: a span of the tape, some of it missing."""
        first = self.rng.randint(0, MINUTES - 20)
        until = first + self.rng.randint(5, 120)
        meta = self.request(series, START + (MINUTES + 10) * MINUTE)
        del meta["timeframe"]
        is_torn = self.rng.random() < 0.5
        return [
            meta | row
            for minute, row in tape(series)
            if first <= minute < until
            if not (is_torn and self.rng.random() < 0.05)
        ]


def tape(series: Series) -> list[tuple[int, Row]]:
    """Every trade of a series with its minute: ids count up from 1000."""
    truth = random.Random(f"{series} tape")
    found: list[tuple[int, Row]] = []
    for minute in range(MINUTES):
        stamps = sorted(truth.randint(0, 59_999) for _ in range(truth.randint(0, 3)))
        for stamp in stamps:
            number = 1000 + len(found)
            row: Row = {
                **dict.fromkeys(
                    ("trade_id", "first_trade_id", "last_trade_id"), number
                ),
                "is_aggregate": False,
                "price": str(Decimal(truth.randint(90_000, 110_000)).scaleb(-2)),
                "base_amount": str(Decimal(truth.randint(1, 10**8)).scaleb(-8)),
                "quote_amount": None,
                "traded_at_ns": (START + minute * MINUTE + stamp) * 1_000_000,
                "taker_side": truth.choice(("buy", "sell")),
                "order_type": None,
            }
            found.append((minute, row))
    return found
