"""Random histories of what venues answered: late, repeated, torn, forming, refused.

Every load is a mapping from bronze table to rows. Four series: one on a route that
sends quiet minutes, one of a venue with a short window, one on a route that sends
nothing for quiet minutes, one listed late. The span holds the end of a day, a week and
a month, and the day on which Europe's clocks go forward.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
Load = Mapping[str, Sequence[Row]]

MINUTE = 60_000
START = int(datetime(2024, 3, 31, 22, 0, tzinfo=UTC).timestamp() * 1000)  # a Sunday
MINUTES = 300
SILENT = range(150, 215)  # minutes in which nobody trades on Coinbase


@dataclass(frozen=True)
class Series:
    """How a venue answers for an instrument."""

    exchange_id: str
    symbol: str
    sends_quiet_minutes: bool
    window: int = 10**6  # minutes back from its now that the venue answers for
    listed: int = 0  # its first minute
    extras: tuple[str, ...] = (
        *("quote_volume", "trades_count", "taker_buy_base", "taker_buy_quote"),
    )


SERIES = (
    Series("binance", "BTC/USDT", sends_quiet_minutes=True),
    Series("kraken", "BTC/USD", sends_quiet_minutes=True, window=90, extras=("vwap",)),
    Series("coinbase", "BTC/USD", sends_quiet_minutes=False, extras=()),
    Series("binance", "NEW/USDT", sends_quiet_minutes=True, listed=70),
)


@dataclass
class Histories:
    """Makes loads; the same seed makes the same ones."""

    seed: int
    rng: random.Random = field(init=False)
    requests: int = 0

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)

    def loads(self, count: int) -> list[Load]:
        """`count` loads, in an order that is not the one of the venues' clocks."""
        made: list[Load] = []
        for _ in range(count):
            if made and self.rng.random() < 0.15:  # delivered again, word for word
                made.append(self.rng.choice(made))
            else:
                made.append(self.load())
        return made

    def load(self) -> Load:
        """Answers for some of the series, some of them twice."""
        tables: dict[str, list[Row]] = {"ohlcv": [], "ohlcv_pages": []}
        for series in self.rng.choices(SERIES, k=self.rng.randint(1, 5)):
            candles, pages = self.answer(series)
            tables["ohlcv"] += candles
            tables["ohlcv_pages"] += pages
        tables["instruments"] = [self.listing(s) for s in self.rng.sample(SERIES, 2)]
        return tables

    def answer(self, series: Series) -> tuple[list[Row], list[Row]]:
        """One answer: its candles, torn and shuffled, and the spans it speaks for."""
        rng = self.rng
        asked = rng.randint(0, MINUTES - 20)
        until = min(MINUTES, asked + rng.randint(5, 150))
        now_ms = START + rng.randint(asked, until + 10) * MINUTE
        now_ms += rng.randint(0, MINUTE - 1)
        ended = min(until, (now_ms - START) // MINUTE)
        first = min(max(asked, (now_ms - START) // MINUTE - series.window), until)
        answered = range(first, max(first, ended))
        refused = {m for m in answered if rng.random() < 0.03}
        meta = self.request(series, now_ms)
        candles = [
            self.candle(series, minute, now_ms) | meta
            for minute in range(first, until)
            if START + minute * MINUTE <= now_ms and minute not in refused
            if self.is_sent(series, minute)
        ]
        candles += [self.torn(c) for c in candles if rng.random() < 0.03]
        rng.shuffle(candles)
        spans = [
            {
                **meta,
                "asked_from_ms": START + asked * MINUTE,
                "asked_until_ms": START + until * MINUTE,
                "answered_from_ms": START + low * MINUTE,
                "answered_until_ms": START + high * MINUTE,
                "sends_quiet_minutes": series.sends_quiet_minutes,
                "rows_count": len({c["opened_at_ms"] for c in candles} & span),
            }
            for low, high in spans_without(answered, refused)
            for span in [{START + m * MINUTE for m in range(low, high)}]
        ]
        return candles, spans

    def request(self, series: Series, now_ms: int) -> Row:
        """What all rows of one answer share."""
        self.requests += 1
        return {
            "exchange_id": series.exchange_id,
            "symbol": series.symbol,
            "timeframe": "1m",
            "venue_now_ms": now_ms,
            "request_id": f"{self.rng.getrandbits(32):08x}-{self.requests}",
            "origin": "GET /candles",
            "received_at": "2024-05-01T00:00:00Z",
        }

    def is_sent(self, series: Series, minute: int) -> bool:
        """Whether the venue has, and sends, a candle for the minute."""
        if minute < series.listed:
            return False
        if series.sends_quiet_minutes:
            return self.rng.random() > 0.03
        is_traded = random.Random(f"{series.symbol} {minute}").random() > 0.3
        return is_traded and minute not in SILENT

    def candle(
        self, series: Series, minute: int, now_ms: int, rng: random.Random | None = None
    ) -> Row:
        """The minute as it is, as it was while forming, or as it was corrected to."""
        is_ended = now_ms >= START + (minute + 1) * MINUTE
        choices = (0, 0, 0, 0, 0, 1, 2)
        version = (rng or self.rng).choice(choices) if is_ended else now_ms
        truth = random.Random(f"{series} {minute} {version}")
        prices = sorted(truth.randint(90_000, 110_000) for _ in range(4))
        first, last = truth.sample(prices, 2)
        volume = 0 if truth.random() < 0.1 else truth.randint(1, 10**9)
        row: Row = {
            "opened_at_ms": START + minute * MINUTE,
            "open": str(Decimal(first).scaleb(-2)),
            "high": str(Decimal(prices[3]).scaleb(-2)),
            "low": str(Decimal(prices[0]).scaleb(-2)),
            "close": str(Decimal(last).scaleb(-2)),
            "base_volume": str(Decimal(volume).scaleb(-8)),
            "closed_at_ms": None,
            **dict.fromkeys(
                (
                    "quote_volume",
                    "trades_count",
                    "taker_buy_base",
                    "taker_buy_quote",
                    "vwap",
                )
            ),
        }
        for name in series.extras:
            given = truth.random() > 0.02
            row[name] = str(Decimal(volume + 7).scaleb(-5)) if given else None
        if row["trades_count"] is not None:
            row["trades_count"] = volume % 97
        return row

    def torn(self, row: Row) -> Row:
        """The same row again in the same answer, or with another volume."""
        if self.rng.random() < 0.5:
            return dict(row)
        return row | {"base_volume": str(Decimal(row["base_volume"]) + 1)}

    def listing(self, series: Series) -> Row:
        """An instrument as listed at a random moment, trading or not."""
        base, quote = series.symbol.split("/")
        moment = self.rng.randint(0, 40)
        halted = random.Random(f"{series} {moment // 7}").random() < 0.4
        meta = self.request(series, START + moment * MINUTE)
        del meta["timeframe"]
        return meta | {
            "venue_symbol": base + quote,
            "market_type": "spot",
            "base_asset": base,
            "quote_asset": quote,
            "venue_base": "XXBT" if series.exchange_id == "kraken" else base,
            "venue_quote": quote,
            "status": "halt" if halted else "online",
            "is_active": not halted,
            "price_increment": "0.01",
            "amount_increment": None,
            "min_amount": "0.0001",
            "min_notional": None,
            "raw": "{}",
        }


def spans_without(answered: range, refused: set[int]) -> list[tuple[int, int]]:
    """Half-open spans of the answered minutes; an empty one opens an answer whose first
    minute was refused, and is all of one that speaks for nothing."""
    spans: list[tuple[int, int]] = []
    if not answered or answered.start in refused:
        spans.append((answered.start, answered.start))
    low = answered.start
    for cut in [*sorted(refused), answered.stop]:
        if low < cut:
            spans.append((low, cut))
        low = cut + 1
    return spans
