"""Random histories of option quotes: chains and tickers, late, again, of one moment.

Among them files of summaries by the hour, published again.
"""

import random
from collections.abc import Iterator
from decimal import Decimal

from pipelines.sandbox.clock import iso
from pipelines.sources.exchange.tables import GREEKS
from tests.histories.candle_histories import Load, Row, Series
from tests.histories.metrics_histories import DAYS, MetricsHistories

SYMBOLS = (
    "BTC/USD:BTC-260327-60000-C",
    "BTC/USD:BTC-260327-60000-P",
    "XRP/USDC:USDC-261225-0.625-P",
    "BTC/USD:BTC",  # named by mistake
)
FIRST_MS = 1_774_000_000_000
MOMENTS = 40
AMOUNTS = (
    *("bid", "bid_amount", "ask", "ask_amount", "mark_price", "last_price"),
    *("bid_iv", "ask_iv", "mark_iv", "underlying_price", "index_price"),
    *("open_interest", "base_volume"),
)


PAIR = Series("binance", "BTC/USDT", sends_quiet_minutes=False)
FILED = ("BTC/USDT:USDT-260925-60000-C", "BTC/USDT:USDT-260925-60000-P")
NOT_FILED = ("rho", "underlying_price", "index_price", "interest_rate", "base_volume")
HOUR = 3_600_000


class OptionHistories(MetricsHistories):
    """Answers about options, and files."""

    def load(self) -> Load:
        """A few answers: chains without greeks, tickers with them; or a file."""
        if self.rng.random() < 0.3:
            file = self.file(PAIR, self.rng.choice(DAYS[:2]))
            file |= {"feed": "option_summaries", "market": "option"}
            rows = [*self.summaries(file)]
            return {"archive.files": [file], "archive.option_summaries": rows}
        answers = [self.told() for _ in range(self.rng.randint(1, 4))]
        return {"option_quotes": [row for rows in answers for row in rows]}

    def told(self) -> list[Row]:
        """One moment's quotes; now and then another one had it otherwise."""
        self.requests += 1
        rng = self.rng
        at = FIRST_MS + rng.randrange(MOMENTS) * 1001
        now_ms = at + rng.choice((-700, 300, 300, 61_000))
        is_ticker = rng.random() < 0.4
        symbols = rng.sample(SYMBOLS, 1 if is_ticker else len(SYMBOLS))
        answered = {
            "exchange_id": "deribit",
            "quoted_at_ms": at,
            "venue_now_ms": now_ms,
            "request_id": f"r{self.requests:05}",
            "origin": "https://venue.example/ticker",
            "received_at": iso(now_ms),
        }
        version = rng.choice((0, 0, 1))
        return [
            {
                "symbol": symbol,
                **answered,
                **said(f"{symbol} {at} {version}", is_ticker),
            }
            for symbol in symbols
        ]

    def summaries(self, file: Row) -> Iterator[Row]:
        """The rows of a file, the same of a version; some hours are left out."""
        truth = random.Random(file["sha256"])
        hours = truth.sample(range(24), 8)
        names = [(hour, symbol) for hour in hours for symbol in FILED]
        for line, (hour, symbol) in enumerate(names, 2):
            row = said(f"{file['sha256']} {line}", is_ticker=truth.random() < 0.8)
            ratios = dict.fromkeys(NOT_FILED)
            yield (
                row
                | ratios
                | {
                    "exchange_id": PAIR.exchange_id,
                    "symbol": symbol,
                    "option_name": symbol.partition("-")[2],
                    "hour_at_ms": file["covers_from_ms"] + hour * HOUR,
                    "close": row["last_price"],
                    "file_id": file["file_id"],
                    "line_number": line,
                }
            )


def said(seed: str, is_ticker: bool) -> Row:
    """What a venue says of an option: some of it is 0, some of it is not there."""
    truth = random.Random(seed)

    def amount() -> str | None:
        number = Decimal(truth.randint(0, 10**9)).scaleb(-truth.randint(0, 12))
        return truth.choice((f"{number:f}", f"{number:f}", "0.0", None))

    row: Row = {name: amount() for name in AMOUNTS}
    signed = {
        n: f"{Decimal(truth.randint(-(9**9), 9**9)).scaleb(-5):f}" for n in GREEKS
    }
    if is_ticker:
        row |= signed
    row["interest_rate"] = truth.choice((None, "-0.01", "0.0"))
    row["underlying_index"] = truth.choice((None, "SYN.BTC-27MAR26", "index_price"))
    return row
