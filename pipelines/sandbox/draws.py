"""The generated feed's trades as frames: every number is hashed from its place."""

from dataclasses import dataclass

import polars as pl

from pipelines.sandbox.clock import parse_instant
from pipelines.sandbox.market import DAY_MS, E8, MINUTE_MS, Instrument
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
    ended_at_ms: int | None = None

    @property
    def first_day(self) -> int:
        """The day of its listing, counted from 1970."""
        return self.listed_at_ms // DAY_MS

    @property
    def orders_per_day(self) -> int:
        """A multiple of four, so that every day has the same number of trades."""
        return int(1440 * self.orders_per_minute) // _ORDERS * _ORDERS

    @property
    def trades_per_day(self) -> int:
        """What makes ids computable: the same every day."""
        return self.orders_per_day * _FILLS // _ORDERS


@dataclass(frozen=True)
class Draws:
    """One instrument's numbers, under its key and its asset's."""

    pair: Pair
    key: int
    level: int

    def trades(self, day: int, days: int = 1) -> pl.DataFrame:
        """One row per trade: amounts in lots, prices in units of 1e-8."""
        pair, number = self.pair, day - self.pair.first_day
        orders, trades = pair.orders_per_day, pair.trades_per_day
        first_order, first_fill = number * orders, number * trades
        index = pl.int_range(orders * days)
        stamps = pl.select(
            (hashed(index + first_order, self.key) % DAY_MS).cast(pl.Int64)
            + (index // orders + day) * DAY_MS
        )
        at = stamps.to_series().sort()
        fill = pl.int_range(trades * days)
        order = fill // _FILLS * _ORDERS + (fill % _FILLS).clip(upper_bound=_ORDERS - 1)
        return (
            pl.select(order=order, trade_id=fill + first_fill + 1)
            .lazy()
            .with_columns(
                at_ms=pl.lit(at).gather(pl.col("order")),
                order_id=pl.col("order") + first_order + 1,
                lots=self._lots(),
            )
            .with_columns(is_buy=hashed(pl.col("order_id"), self.key ^ 1) % 2 == 0)
            .with_columns(price=self._price())
            .filter(pl.col("at_ms") < (pair.ended_at_ms or 1 << 62))
            .collect()
        )

    def exact(self, day: int, days: int) -> pl.DataFrame:
        """Trades with amounts and what they cost in units of 1e-8, as a file has them.

        `at_us` sets trades of one ms a microsecond apart, in the order of their ids.
        """
        rank = pl.int_range(pl.len()).over("at_ms")
        return self.trades(day, days).select(
            "trade_id",
            "order_id",
            "is_buy",
            "price",
            at_us=pl.col("at_ms") * 1000 + rank,
            amount=pl.col("lots") * self.pair.instrument.lot,
            other=self._quote() * self._quote_unit,
        )

    def candles(self, day: int, days: int) -> pl.DataFrame:
        """Minutes with a trade, every amount in units of 1e-8."""
        lot, unit = self.pair.instrument.lot, self._quote_unit
        return self.minutes(day, days).select(
            "open",
            "high",
            "low",
            "close",
            opened_at_ms=pl.col("m") * MINUTE_MS,
            base_volume=pl.col("lots") * lot,
            quote_volume=pl.col("quote") * unit,
            trades_count=pl.col("count").cast(pl.Int64),
            taker_buy_base=pl.col("buy_lots") * lot,
            taker_buy_quote=pl.col("buy_quote") * unit,
        )

    @property
    def _quote_unit(self) -> int:
        """What `_quote` counts, in units of 1e-8: decimals sum to at most eight."""
        instrument = self.pair.instrument
        if instrument.contract_size is not None:
            return 1
        return instrument.tick * instrument.lot // E8

    def minutes(self, day: int, days: int = 1) -> pl.DataFrame:
        """One row per minute with a trade: `quote` is counted as `_quote` counts."""
        quote = self._quote()
        bought = pl.col("is_buy")
        return (
            self.trades(day, days)
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

    def _price(self) -> pl.Expr:
        pair, tick = self.pair, self.pair.instrument.tick
        level = pair.price + noise(pl.col("at_ms"), self.level, pair.swing)
        jitter = (hashed(pl.col("order_id"), self.key ^ 2) % 3).cast(pl.Int64)
        signed = pl.when("is_buy").then(jitter).otherwise(-jitter)
        return (level // tick + signed) * tick

    def _lots(self) -> pl.Expr:
        # The product of two uniform draws: many small trades, few large ones.
        first = hashed(pl.col("trade_id"), self.key ^ 3) % 1000
        second = hashed(pl.col("trade_id"), self.key ^ 4) % 1000
        return (first * second * self.pair.lots // 1_000_000).cast(pl.Int64) + 1

    def _quote(self) -> pl.Expr:
        """What a trade costs: in ticks times lots, or exactly, of inverse contracts.

        In ticks and lots a product stays far below 2**63; in 1e-8 it does not.
        """
        instrument = self.pair.instrument
        ticks, lots = pl.col("price") // instrument.tick, pl.col("lots")
        if instrument.contract_size is None:
            return ticks * lots
        worth = lots * (instrument.contract_size * (E8 * E8 // instrument.tick))
        whole, rest = worth // ticks, worth % ticks
        is_up = (2 * rest > ticks) | ((2 * rest == ticks) & (whole % 2 == 1))
        return whole + is_up.cast(pl.Int64)
