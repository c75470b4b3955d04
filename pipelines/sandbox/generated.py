"""The generated feed: deterministic by seed, any day at once, trades first.

A day of an instrument has a fixed number of taker orders at hashed instants, every
fourth of them filled twice, so that trade ids are contiguous and known without the
days before. Prices are value noise between hashed knots, in integers throughout: two
machines with one seed serve the same bytes. Candles are made of the trades alone.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from pipelines.sandbox.clock import parse_instant
from pipelines.sandbox.feed import Feed
from pipelines.sandbox.market import (
    DAY_MS,
    E8,
    MINUTE_MS,
    Candle,
    Instrument,
    Trade,
    rounded,
)
from pipelines.sandbox.noise import hashed, noise

LISTED_AT_MS = parse_instant("2019-01-01T00:00:00Z")

# Orders of which the last is filled twice: five trades for every four orders.
_ORDERS, _FILLS = 4, 5


@dataclass(frozen=True)
class Pair:
    """One generated instrument: its grid, its level and how busy it is."""

    instrument: Instrument
    price: int
    swing: int
    orders_per_minute: float
    lots: int
    listed_at_ms: int = LISTED_AT_MS

    @property
    def orders_per_day(self) -> int:
        """A multiple of four, so that every day has the same number of trades."""
        return int(1440 * self.orders_per_minute) // _ORDERS * _ORDERS

    @property
    def trades_per_day(self) -> int:
        """What makes ids computable: the same every day."""
        return self.orders_per_day * _FILLS // _ORDERS


class GeneratedSeries:
    """An instrument's trades by the day, and the candles they make."""

    has_trades = True

    def __init__(self, seed: int, exchange_id: str, pair: Pair) -> None:
        self._pair = pair
        key = f"{seed}:{exchange_id}:{pair.instrument.symbol}".encode()
        # A venue's prices follow the instrument's, so that venues agree on the level.
        level = f"{seed}:{pair.instrument.base}".encode()
        self._key = int.from_bytes(hashlib.sha256(key).digest()[:7])
        self._level = int.from_bytes(hashlib.sha256(level).digest()[:7])
        self._first_day = pair.listed_at_ms // DAY_MS
        self._candles = lru_cache(maxsize=16)(self._make_candles)
        self._trades = lru_cache(maxsize=4)(self._make_trades)

    @property
    def instrument(self) -> Instrument:
        """What the series is of."""
        return self._pair.instrument

    @property
    def first_opened_at_ms(self) -> int:
        """The minute of the first trade."""
        return self._candles(self._first_day)[0].opened_at_ms

    def candles_of_day(self, day: int) -> Sequence[Candle]:
        """Final candles of a day, ascending; a minute without trades has none."""
        return self._candles(day) if day >= self._first_day else ()

    def trades_of_day(self, day: int) -> Sequence[Trade]:
        """Trades of a day, ascending by time and by id."""
        return self._trades(day) if day >= self._first_day else ()

    def last_close_before(self, at_ms: int) -> int | None:
        """The close of the last candle of an earlier minute."""
        day = at_ms // DAY_MS
        for of_day in (self.candles_of_day(day), self.candles_of_day(day - 1)):
            for candle in reversed(of_day):
                if candle.opened_at_ms < at_ms:
                    return candle.close
        return None

    def day_of_trade(self, trade_id: int) -> int:
        """Ids are contiguous from 1 and every day has the same number of them."""
        return self._first_day + max(trade_id - 1, 0) // self._pair.trades_per_day

    def day_of_order(self, order_id: int) -> int:
        """As for trades: every day has the same number of orders."""
        return self._first_day + max(order_id - 1, 0) // self._pair.orders_per_day

    def _frame(self, day: int) -> pl.DataFrame:
        """One row per trade: amounts in lots, prices in units of 1e-8."""
        pair, number = self._pair, day - self._first_day
        orders, trades = pair.orders_per_day, pair.trades_per_day
        first_order, first_fill = number * orders, number * trades
        stamps = pl.select(
            hashed(pl.int_range(orders) + first_order, self._key) % DAY_MS
        )
        at = stamps.to_series().sort().cast(pl.Int64) + day * DAY_MS
        fill = pl.int_range(trades)
        order = fill // _FILLS * _ORDERS + (fill % _FILLS).clip(upper_bound=_ORDERS - 1)
        return (
            pl.select(order=order, trade_id=fill + first_fill + 1)
            .lazy()
            .with_columns(
                at_ms=pl.lit(at).gather(pl.col("order")),
                order_id=pl.col("order") + first_order + 1,
                lots=self._lots(),
            )
            .with_columns(is_buy=hashed(pl.col("order_id"), self._key ^ 1) % 2 == 0)
            .with_columns(price=self._price())
            .collect()
        )

    def _price(self) -> pl.Expr:
        pair, tick = self._pair, self._pair.instrument.tick
        level = pair.price + noise(pl.col("at_ms"), self._level, pair.swing)
        jitter = (hashed(pl.col("order_id"), self._key ^ 2) % 3).cast(pl.Int64)
        signed = pl.when("is_buy").then(jitter).otherwise(-jitter)
        return (level // tick + signed) * tick

    def _lots(self) -> pl.Expr:
        # The product of two uniform draws: many small trades, few large ones.
        first = hashed(pl.col("trade_id"), self._key ^ 3) % 1000
        second = hashed(pl.col("trade_id"), self._key ^ 4) % 1000
        return (first * second * self._pair.lots // 1_000_000).cast(pl.Int64) + 1

    def _make_trades(self, day: int) -> list[Trade]:
        lot = self.instrument.lot
        # Trades of one ms stand a microsecond apart, in the order of their ids.
        rank = pl.int_range(pl.len()).over("at_ms")
        rows = self._frame(day).select(
            "trade_id",
            "order_id",
            pl.col("at_ms") * 1_000_000 + rank * 1000,
            pl.when("is_buy").then(pl.lit("buy")).otherwise(pl.lit("sell")),
            "price",
            pl.col("lots") * lot,
        )
        return [Trade(*row) for row in rows.iter_rows()]

    def _make_candles(self, day: int) -> list[Candle]:
        instrument = self.instrument
        # In ticks and lots a product stays far below 2**63; in 1e-8 it does not.
        ticks = pl.col("price") // instrument.tick
        quote = ticks * pl.col("lots")
        bought = pl.col("is_buy")
        minutes = (
            self._frame(day)
            .group_by((pl.col("at_ms") // MINUTE_MS).alias("m"), maintain_order=True)
            .agg(
                open=pl.col("price").first(),
                high=pl.col("price").max(),
                low=pl.col("price").min(),
                close=pl.col("price").last(),
                lots=pl.col("lots").sum(),
                quote=quote.sum(),
                count=pl.len(),
                buy_lots=pl.col("lots").filter(bought).sum(),
                buy_quote=quote.filter(bought).sum(),
            )
        )
        return [self._candle(row) for row in minutes.iter_rows()]

    def _candle(self, row: tuple[int, ...]) -> Candle:
        minute, opened, high, low, close, lots, quote, count, buys, buy_quote = row
        tick, lot = self.instrument.tick, self.instrument.lot
        return Candle(
            minute * MINUTE_MS,
            opened,
            high,
            low,
            close,
            lots * lot,
            rounded(quote * tick * lot, E8),
            count,
            buys * lot,
            rounded(buy_quote * tick * lot, E8),
            rounded(quote * tick, lots),
        )


def generated_feed(seed: int, pairs: Mapping[str, Sequence[Pair]]) -> Feed:
    """Series of every pair of every venue."""
    return {
        exchange_id: {
            pair.instrument.symbol: GeneratedSeries(seed, exchange_id, pair)
            for pair in listed
        }
        for exchange_id, listed in pairs.items()
    }
