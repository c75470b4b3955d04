"""Trades and the candles of them, on instruments of four kinds, and damage to both.

The truth is made first: trades with ids that follow each other, and the candle that
a venue makes of each minute. Then minutes are hit: trades or candles are lost or
altered, never to be delivered right. The span holds a midnight.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal

from tests.histories.candle_histories import MINUTE, Row

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
