"""A venue's market that goes wrong for a while: its candles and its trades, alike.

In the minutes of a fault's span `freeze` repeats the last price before it, `spike` and
`depeg` multiply prices, and what is `gone` has no trade. Archives do not know of it.
"""

from collections.abc import Sequence
from typing import Any

from pipelines.sandbox.faults import Fault, Faults
from pipelines.sandbox.feed import Series, candles_from
from pipelines.sandbox.market import DAY_MS, E8, Candle, Trade, rounded


class Disturbed:
    """A series as its venue has it under the faults that are on."""

    def __init__(self, series: Series, exchange_id: str, faults: Faults) -> None:
        self._series, self._exchange_id, self._faults = series, exchange_id, faults

    def __getattr__(self, name: str) -> Any:
        return getattr(self._series, name)

    @property
    def version(self) -> int:
        """Changes whenever a fault of a market is turned on or off."""
        return self._faults.market_version

    def candles_of_day(self, day: int) -> Sequence[Candle]:
        """The day's candles: made of its trades, where these are known."""
        candles = self._series.candles_of_day(day)
        faults = self._on(day)
        if not faults:
            return candles
        if self._series.has_trades:
            trades = self.trades_of_day(day)
            return list(candles_from(trades, self._series.instrument))
        for fault in faults:
            factor, price = self._priced(fault)
            candles = [
                _candle(c, factor, price) if fault.covers(c.opened_at_ms) else c
                for c in candles
                if fault.kind != "gone" or not fault.covers(c.opened_at_ms)
            ]
        return candles

    def trades_of_day(self, day: int) -> Sequence[Trade]:
        """The day's trades; those that are gone leave a hole in the ids."""
        trades = self._series.trades_of_day(day)
        for fault in self._on(day):
            factor, price = self._priced(fault)
            trades = [
                t._replace(price=price or self._on_grid(t.price * factor))
                if fault.covers(t.traded_at_ms)
                else t
                for t in trades
                if fault.kind != "gone" or not fault.covers(t.traded_at_ms)
            ]
        return trades

    def last_close_before(self, at_ms: int) -> int | None:
        """The close of the last candle of an earlier minute, of two days."""
        day = at_ms // DAY_MS
        if not self._on(day) and not self._on(day - 1):
            return self._series.last_close_before(at_ms)
        for of_day in (self.candles_of_day(day), self.candles_of_day(day - 1)):
            for candle in reversed(of_day):
                if candle.opened_at_ms < at_ms:
                    return candle.close
        return None

    def _on(self, day: int) -> list[Fault]:
        """The faults that cover some of the day."""
        symbol = self._series.instrument.symbol
        start, end = day * DAY_MS, (day + 1) * DAY_MS
        faults = self._faults.of_market(self._exchange_id, symbol)
        return [f for f in faults if f.since_ms < end and start < (f.until_ms or end)]

    def _priced(self, fault: Fault) -> tuple[float, int]:
        """What prices are multiplied by, or the one price that stands instead."""
        if fault.kind == "freeze":
            return 1.0, self._series.last_close_before(fault.since_ms) or 0
        return (1.0, 0) if fault.kind == "gone" else (fault.factor, 0)

    def _on_grid(self, price: float) -> int:
        tick = self._series.instrument.tick
        return max(tick, round(price / tick) * tick)


def _candle(candle: Candle, factor: float, price: int) -> Candle:
    """The candle with its prices multiplied, or all of them this one."""

    def moved(value: int) -> int:
        return price or round(value * factor)

    def paid(value: int | None, base: int | None) -> int | None:
        if value is None or base is None:
            return None
        return rounded(price * base, E8) if price else round(value * factor)

    return candle._replace(
        open=moved(candle.open),
        high=moved(candle.high),
        low=moved(candle.low),
        close=moved(candle.close),
        quote_volume=paid(candle.quote_volume, candle.base_volume),
        taker_buy_quote=paid(candle.taker_buy_quote, candle.taker_buy_base),
        vwap=None if candle.vwap is None else candle.base_volume and moved(candle.vwap),
    )
