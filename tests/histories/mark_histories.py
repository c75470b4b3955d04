"""Random histories of marks, indexes and premiums: candles, files, snapshots, late.

Beside them what else a basis is made of, put there as if models had made it: spot
prices and settlements, some of them otherwise at first.
"""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from pipelines.upstream.market_rows import PRICES
from pipelines.warehouse import Connection
from tests.contents.batches import put
from tests.histories.archive_histories import PERIODS, ArchivedHistories
from tests.histories.candle_histories import MINUTE, MINUTES, START, Load, Row, Series

PERPETUAL = Series("binance", "BTC/USDT:USDT", sends_quiet_minutes=True, extras=())
SERIES = (
    PERPETUAL,
    Series("binance", "BTC/USDT:USDT-240401", sends_quiet_minutes=True, extras=()),
    Series("kraken_futures", "BTC/USD:BTC", sends_quiet_minutes=False, extras=()),
    Series("kraken_futures", "BTC/USD:BTC-240628", False, extras=()),
    Series("elsewhere", "ETH/USD:USD-240628", False, extras=()),
)
FEEDS = {
    "mark": "mark_price_klines",
    "index": "index_price_klines",
    "premium": "premium_index_klines",
}
BEGIN = datetime.fromtimestamp(START / 1000, UTC)
Spots = dict[tuple[str, datetime], Row]
Settlements = dict[tuple[str, str, datetime], Row]


class MarkHistories(ArchivedHistories):
    """Answers and files about what contracts are marked at."""

    def load(self) -> Load:
        """A file, or a few answers."""
        if self.rng.random() < 0.3:
            return self.filed(self.rng.choice(SERIES[:2]), self.rng.choice([*FEEDS]))
        tables: dict[str, list[Row]] = {"mark_prices": [], "tickers": []}
        for series in self.rng.choices(SERIES, k=self.rng.randint(2, 4)):
            if series.exchange_id != "binance" or self.rng.random() < 0.3:
                name = "mark_prices" if series.exchange_id == "binance" else "tickers"
                tables[name] += self.snapshots(series)
                continue
            for measure in self.rng.sample([*FEEDS], 2):
                rows = [said(measure, row) for row in self.answer(series)[0]]
                tables.setdefault(f"{measure}_ohlc", []).extend(rows)
        return tables

    def filed(self, series: Series, measure: str) -> Load:
        """A version of a file and its rows."""
        file = self.file(series, self.rng.choice([*PERIODS]))
        file |= {"feed": FEEDS[measure], "path": f"{measure} {file['path']}"}
        is_loaded = file["status"] == "loaded"
        rows = self.klines(series, file) if is_loaded else []
        told = [said(measure, row) for row in rows]
        return {"archive.files": [file], f"archive.{FEEDS[measure]}": told}

    def snapshots(self, series: Series) -> list[Row]:
        """What was so at moments, some of one minute."""
        rows = []
        for _ in range(self.rng.randint(1, 60)):
            minute = self.rng.randrange(MINUTES)
            at = START + minute * MINUTE + self.rng.choice((0, 7, 31_000, MINUTE - 1))
            index = self.rng.choice((None, "0", "97000.5", "97000.25", "97001"))
            mark = None if self.rng.random() < 0.05 else "96999.75"
            meta = self.request(series, at + self.rng.choice((0, 3)))
            stamps = dict.fromkeys(("observed_at_ms", "quoted_at_ms"), at)
            prices = {"mark_price": mark, "index_price": index}
            if mark or series.exchange_id != "binance":
                rows.append(meta | stamps | prices)
        return rows


def said(measure: str, row: Row) -> Row:
    """The row of a candle, as one of what is computed."""
    closed = Decimal(row["close"])
    values = {"mark": closed, "index": closed + 2, "premium": (900 - closed) / 10**6}
    return row | dict.fromkeys(PRICES, str(values[measure]))


def put_spots(connection: Connection, spots: Spots, rng: random.Random) -> None:
    """Change a few prices of pairs."""
    made: Spots = {}
    for _ in range(rng.randint(0, 80)):
        asset, quote = rng.choice((("BTC", "USDT"), ("BTC", "USD")))
        at = BEGIN + timedelta(minutes=rng.randrange(-1, MINUTES))
        median = rng.choice((None, Decimal(rng.randint(90_000, 110_000)).scaleb(-2)))
        made[f"{asset}/{quote}", at] = {
            "asset": asset,
            "quote": quote,
            "minute_at": at,
            "median": median,
            "venues_count": 0 if median is None else rng.randint(1, 3),
        }
    key = ("asset", "quote", "minute_at")
    put(connection, "silver.int_prices_consolidated", key, list(made.values()))
    spots |= made


def put_settlements(
    connection: Connection, settlements: Settlements, rng: random.Random
) -> None:
    """Change a few settlements of perpetual contracts."""
    made: Settlements = {}
    for series in rng.sample((SERIES[0], SERIES[2]), rng.randint(0, 2)):
        due_at = BEGIN + timedelta(minutes=rng.choice((-470, -420, -360, 60, 61, 240)))
        hours = rng.choice((None, 1, 8))
        rate = Decimal(rng.randint(-(10**9), 10**9)).scaleb(-12)
        row: dict[str, Any] = {
            "exchange_id": series.exchange_id,
            "symbol": series.symbol,
            "due_at": due_at,
            "settled_at": due_at,
            "rate": rate,
            "interval_hours": hours,
            "interval_missing_for": None if hours else "not answered for",
            "annualised_rate": rate * 8760 / hours if hours else None,
            "evidence_grade": "closed",
            "source": "rest",
            "reading_id": "r",
            "is_contradicted": False,
        }
        made[series.exchange_id, series.symbol, due_at] = row
    key = ("exchange_id", "symbol", "due_at")
    put(connection, "gold.fct_funding", key, list(made.values()))
    settlements |= made
