"""Trades and the candles of them, on instruments of four kinds, and damage to both.

The truth is made first: trades with ids that follow each other, and the candle that
a venue makes of each minute. Then minutes are hit: trades or candles are lost or
altered, never to be delivered right. What is left comes in loads of any order, some of
them twice, some trades as aggregates, singly or both. The span holds a midnight.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

from tests.integration.candle_histories import MINUTE, Load, Row

START = int(datetime(2024, 3, 31, 23, 20, tzinfo=UTC).timestamp() * 1000)
MINUTES = 75
END = START + MINUTES * MINUTE
DAMAGES = ("trades lost", "trade altered", "candle lost", "candle altered")
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Kind:
    """What a venue gives."""

    exchange_id: str
    fields: tuple[str, ...]  # of a candle, beside prices and base volume
    has_ids: bool = True
    has_aggregates: bool = False
    sends_quiet_minutes: bool = True

    @property
    def has_count(self) -> bool:
        """Whether its candles count trades."""
        return "trades_count" in self.fields


TAKER = ("taker_buy_base", "taker_buy_quote")
COUNTED = Kind("binance", ("quote_volume", "trades_count", *TAKER), has_aggregates=True)
KINDS = (
    COUNTED,
    Kind("kraken", ("trades_count", "vwap")),
    Kind("coinbase", (), sends_quiet_minutes=False),
    Kind("nowhere", (), has_ids=False, sends_quiet_minutes=False),
)


@dataclass(frozen=True)
class Fill:
    """What one taker order traded at one price: `count` trades from id `first` on."""

    first: int
    count: int
    at_ms: int
    price: Decimal
    amount: Decimal  # of each of its trades
    side: str

    @property
    def minute(self) -> int:
        """The minute it is of, counted from the start."""
        return (self.at_ms - START) // MINUTE


@dataclass
class Series:
    """The truth of an instrument, what was done to it, and what is left to deliver."""

    kind: Kind
    symbol: str
    rng: random.Random
    fills: list[Fill] = field(default_factory=list)
    candles: dict[int, Row] = field(default_factory=dict)
    hits: dict[int, str] = field(default_factory=dict)
    lost: dict[int, int] = field(default_factory=dict)  # trades lost by minute
    left: list[Fill] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.fills = list(self._traded())
        self.settle()

    def settle(self) -> None:
        """Make the candles of the fills; nothing is lost or altered yet."""
        self.left = list(self.fills)
        for minute in range(MINUTES):
            made = self._candle(minute)
            if made["base_volume"] or self.kind.sends_quiet_minutes:
                self.candles[minute] = made

    def of(self, minute: int) -> list[Fill]:
        """The true fills of a minute."""
        return [fill for fill in self.fills if fill.minute == minute]

    def _traded(self) -> Iterator[Fill]:
        rng, next_id, price = self.rng, self.rng.randint(0, 10**9), 100_000
        for minute in range(MINUTES):
            fills = rng.choice((0, 0, 1, 1, 2, 3, 5))
            for stamp in sorted(rng.sample(range(0, MINUTE, 7), fills)):
                price += rng.randint(-50, 50)
                count = rng.choice((1, 1, 2, 3)) if self.kind.has_aggregates else 1
                yield Fill(
                    first=next_id,
                    count=count,
                    at_ms=START + minute * MINUTE + stamp,
                    price=Decimal(price).scaleb(-2),
                    amount=Decimal(rng.randint(1, 10**9)).scaleb(-6),
                    side=rng.choice(("buy", "sell")),
                )
                next_id += count

    def _candle(self, minute: int) -> Row:
        fills = self.of(minute)
        before = [fill.price for fill in self.fills if fill.minute < minute]
        last = before[-1] if before else Decimal(1000)
        prices = [fill.price for fill in fills] or [last]
        base, paid = _sums(fills)
        bought, spent = _sums([f for f in fills if f.side == "buy"])
        values = {
            "quote_volume": paid,
            "trades_count": sum(f.count for f in fills),
            "taker_buy_base": bought,
            "taker_buy_quote": spent,
            "vwap": (paid / base).quantize(CENT) if base else Decimal(0),
        }
        return {
            "open": prices[0],
            "high": max(prices),
            "low": min(prices),
            "close": prices[-1],
            "base_volume": base,
            **{n: v if n in self.kind.fields else None for n, v in values.items()},
        }

    def hit(self, minute: int) -> None:
        """Damage the minute, in a way that its kind and its trades allow."""
        rng, fills = self.rng, self.of(minute)
        if minute not in self.candles and not fills:
            return
        damage = rng.choice(DAMAGES if fills else DAMAGES[2:])
        self.hits[minute] = damage
        if damage == "trades lost":
            gone = rng.sample(fills, rng.choice((1, len(fills))))
            self.left = [fill for fill in self.left if fill not in gone]
            self.lost[minute] = sum(fill.count for fill in gone)
        elif damage == "trade altered":
            victim = rng.choice(fills)
            self.left[self.left.index(victim)] = self._altered(victim)
        elif damage == "candle lost":
            del self.candles[minute]
        else:
            self._alter_candle(minute)

    def _altered(self, fill: Fill) -> Fill:
        if self.rng.random() < 0.5:
            return replace(fill, amount=fill.amount + Decimal("0.5"))
        return replace(fill, price=fill.price + self.rng.choice((CENT, -CENT)))

    def _alter_candle(self, minute: int) -> None:
        candle = dict(self.candles[minute])
        given = [name for name in self.kind.fields if name != "vwap"]
        name = self.rng.choice(["high", "low", "base_volume", *given])
        step = -1 if name == "low" else 1
        candle[name] += step if name == "trades_count" else step * Decimal("0.5")
        self.candles[minute] = candle


def _sums(fills: Sequence[Fill]) -> tuple[Decimal, Decimal]:
    base = sum((f.amount * f.count for f in fills), Decimal(0))
    return base, sum((f.price * f.amount * f.count for f in fills), Decimal(0))


def made(kind: Kind, symbol: str, rng: random.Random, hits: int) -> Series:
    """A series of which about `hits` minutes are damaged."""
    series = Series(kind, symbol, rng)
    for minute in rng.sample(range(MINUTES), hits):
        series.hit(minute)
    return series


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
            loads.append(_united(answers[:size]))
            answers = answers[size:]
        return loads

    def answers(self, series: Series) -> Iterator[Load]:
        """Pages of candles and of trades that hold all that is left, in pieces."""
        for first, last in self._pieces():
            yield self._candles(series, first, last)
        for first, last in self._pieces():
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


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value
