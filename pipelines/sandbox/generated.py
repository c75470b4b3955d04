"""The generated feed: deterministic by seed, any day at once, trades first.

A day of an instrument has a fixed number of taker orders at hashed instants, every
fourth of them filled twice, so that trade ids are contiguous and known without the
days before. Prices are value noise between hashed knots, in integers throughout: two
machines with one seed serve the same bytes. Candles are made of the trades alone.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import polars as pl

from pipelines.sandbox.draws import Draws, Pair
from pipelines.sandbox.feed import Feed
from pipelines.sandbox.market import (
    DAY_MS,
    E8,
    MINUTE_MS,
    Candle,
    Trade,
    rounded,
)

# Trades of that many days are held at once: some 10 MB of the busiest instrument.
_BLOCK_DAYS = 8


class GeneratedSeries:
    """An instrument's trades by the day, and the candles they make."""

    has_trades = True
    recorded_settlements = None
    version = 0

    def __init__(self, seed: int, exchange_id: str, pair: Pair) -> None:
        self._pair, self.instrument = pair, pair.instrument
        self.ended_at_ms = pair.ended_at_ms  # when a dated contract is delivered
        self.rows_per_day = (pair.trades_per_day, pair.orders_per_day)
        key = f"{seed}:{exchange_id}:{pair.instrument.symbol}".encode()
        # A venue's prices follow the instrument's, so that venues agree on the level.
        level = f"{seed}:{pair.instrument.base}".encode()
        self._drawn = Draws(pair, _number(key), _number(level))
        self.first_day = pair.first_day
        self._candles = lru_cache(maxsize=16)(self._make_candles)
        self._trades = lru_cache(maxsize=4)(self._make_trades)

    @property
    def first_opened_at_ms(self) -> int:
        """The minute of the first trade."""
        return self._candles(self.first_day)[0].opened_at_ms

    def candles_of_day(self, day: int) -> Sequence[Candle]:
        return self._candles(day) if self._has(day) else ()

    def trades_of_day(self, day: int) -> Sequence[Trade]:
        return self._trades(day) if self._has(day) else ()

    def candles_frame(self, first_day: int, end_day: int) -> pl.DataFrame:
        days = [day for day in range(first_day, end_day) if self._has(day)]
        return self._drawn.candles(days[0] if days else self.first_day, len(days))

    def trades_frames(self, first_day: int, end_day: int) -> Iterator[pl.DataFrame]:
        """Trades of the days in [first, end), some days at once."""
        for first, days in self._blocks(first_day, end_day):
            yield self._drawn.exact(first, days)

    def _has(self, day: int) -> bool:
        ended = self.ended_at_ms
        return self.first_day <= day and (ended is None or day * DAY_MS < ended)

    def _blocks(self, first_day: int, end_day: int) -> Iterator[tuple[int, int]]:
        days = [day for day in range(first_day, end_day) if self._has(day)]
        for place in range(0, len(days), _BLOCK_DAYS):
            yield days[place], len(days[place : place + _BLOCK_DAYS])

    def last_close_before(self, at_ms: int) -> int | None:
        day = at_ms // DAY_MS
        for of_day in (self.candles_of_day(day), self.candles_of_day(day - 1)):
            for candle in reversed(of_day):
                if candle.opened_at_ms < at_ms:
                    return candle.close
        return None

    def day_of_trade(self, trade_id: int) -> int:
        """Ids are contiguous from 1 and every day has the same number of them."""
        return self.first_day + max(trade_id - 1, 0) // self._pair.trades_per_day

    def day_of_order(self, order_id: int) -> int:
        """As for trades: every day has the same number of orders."""
        return self.first_day + max(order_id - 1, 0) // self._pair.orders_per_day

    def book_at(self, now_ms: int) -> bytes | None:
        return None  # it is made of the trades

    def _make_trades(self, day: int) -> list[Trade]:
        lot = self.instrument.lot
        # Trades of one ms stand a microsecond apart, in the order of their ids.
        rank = pl.int_range(pl.len()).over("at_ms")
        rows = self._drawn.trades(day).select(
            "trade_id",
            "order_id",
            pl.col("at_ms") * 1_000_000 + rank * 1000,
            pl.when("is_buy").then(pl.lit("buy")).otherwise(pl.lit("sell")),
            "price",
            pl.col("lots") * lot,
        )
        return [Trade(*row) for row in rows.iter_rows()]

    def _make_candles(self, day: int) -> list[Candle]:
        rows = self._drawn.minutes(day).iter_rows()
        return [self._candle(row) for row in rows]

    def _candle(self, row: tuple[int, ...]) -> Candle:
        minute, opened, high, low, close, lots, quote, count, buys, buy_quote = row
        tick, lot = self.instrument.tick, self.instrument.lot
        # an inverse contract's base is summed as it is rounded, trade by trade
        unit = tick * lot if self.instrument.contract_size is None else E8
        return Candle(
            minute * MINUTE_MS,
            opened,
            high,
            low,
            close,
            lots * lot,
            rounded(quote * unit, E8),
            count,
            buys * lot,
            rounded(buy_quote * unit, E8),
            rounded(quote * unit, lots * lot),
        )


def _number(text: bytes) -> int:
    return int.from_bytes(hashlib.sha256(text).digest()[:7])


def generated_feed(seed: int, pairs: Mapping[str, Sequence[Pair]]) -> Feed:
    """Series of every pair of every venue."""
    return {
        exchange_id: {
            pair.instrument.symbol: GeneratedSeries(seed, exchange_id, pair)
            for pair in listed
        }
        for exchange_id, listed in pairs.items()
    }
