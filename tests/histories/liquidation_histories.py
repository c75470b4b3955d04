"""Random histories of forced trades: answers and files, late, again, contradicted."""

from tests.histories.archive_histories import PERIODS, ArchivedHistories
from tests.histories.candle_histories import MINUTE, MINUTES, START, Load, Row, Series

TRADED = Series("kraken_futures", "BTC/USD:USD", sends_quiet_minutes=False)
FILED = Series("binance", "BTC/USD:BTC", sends_quiet_minutes=False)
WORDS = (None, None, "liquidation", "T", "M", "MT", "other")


class LiquidationHistories(ArchivedHistories):
    """Answers of one venue about trades, and another's files."""

    def load(self) -> Load:
        """An answer, or a version of a file."""
        if self.rng.random() < 0.5:
            return {"trades": [self.trade() for _ in range(self.rng.randint(1, 60))]}
        file = self.file(FILED, self.rng.choice([*PERIODS]))
        file |= {"feed": "liquidations", "market": "cm", "timeframe": None}
        rows = self.orders(file) if file["status"] == "loaded" else []
        return {"archive.files": [file], "archive.liquidations": rows}

    def trade(self) -> Row:
        """A trade, seldom otherwise than usual."""
        number = self.rng.randrange(200)
        at = START + number * MINUTES // 200 * MINUTE
        meta = self.request(TRADED, START + self.rng.randrange(900) * MINUTE)
        wrong = self.rng.random() < 0.1
        return meta | {
            "trade_id": number,
            "is_aggregate": False,
            "price": f"{100 + number + wrong}.5",
            "base_amount": "0.25",
            "quote_amount": None if number % 2 else "7",
            "traded_at_ns": at * 10**6 + number,
            "taker_side": ("buy", "sell")[number % 3 == 0],
            "liquidation": WORDS[number % len(WORDS)],
        }

    def orders(self, file: Row) -> list[Row]:
        """The rows of a version, each twice; some orders are alike, one has no fill."""
        said = self._said(file)
        kept = [row for row in said for _ in range(2)]
        return [row | {"line_number": line} for line, row in enumerate(kept, 2)]

    def _said(self, file: Row) -> list[Row]:
        rows: list[Row] = []
        for candle in self.klines(FILED, file)[:80]:
            filled = candle["opened_at_ms"] // MINUTE % 4
            row = {
                "exchange_id": FILED.exchange_id,
                "symbol": FILED.symbol,
                "liquidated_at_ms": candle["opened_at_ms"] + filled,
                "side": ("BUY", "SELL")[filled % 2],
                "order_type": "LIMIT",
                "time_in_force": "IOC",
                "contracts": "3",
                "price": candle["low"],
                "average_price": candle["close"],
                "order_status": "FILLED",
                "last_filled_contracts": "1",
                "filled_contracts": str(filled),
                "file_id": file["file_id"],
            }
            rows += [row] * (1 + (filled == 3))
        return rows
