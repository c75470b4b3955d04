"""What Binance computes of its contracts: open interest, ratios, mark and index prices.

All of it follows from what is generated: a value of open interest is its amount at the
last price, taker volumes are those of the klines, the index is the price of the spot
pair, and the mark lies halfway from there to the contract.
https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Open-Interest-Statistics
…/Mark-Price, …/Mark-Price-Kline-Candlestick-Data (and the same of COIN-M)
"""

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import NamedTuple

from pipelines.sandbox.feed import merged
from pipelines.sandbox.funding import settlements
from pipelines.sandbox.market import DAY_MS, E8, HOUR_MS, MINUTE_MS, fixed, rounded
from pipelines.sandbox.venues.binance_names import venue_symbol
from pipelines.sandbox.view import View

FIVE_MINUTES_MS = 5 * MINUTE_MS
_LEAST_LOTS, _MORE_LOTS = 100_000, 20_000
Body = dict[str, object]


class Prices(NamedTuple):
    """Open, high, low, close in units of 1e-8."""

    open: int
    high: int
    low: int
    close: int


@dataclass(frozen=True)
class Contract:
    """A contract, and the spot pair that its index is the price of."""

    view: View
    spot: View

    @cached_property
    def name(self) -> str:
        """`BTCUSDT`, `BTCUSD_PERP`."""
        return venue_symbol(self.view.instrument.symbol)

    @property
    def pair(self) -> str:
        """`BTCUSDT`, `BTCUSD`."""
        return self.view.instrument.base + self.view.instrument.quote

    @property
    def is_inverse(self) -> bool:
        """Whether it is COIN-M's, and counts contracts."""
        return self.view.instrument.contract_size is not None

    def held(self, at_ms: int) -> int:
        """Open interest at an instant, in units of 1e-8: other each five minutes."""
        draw = self._draw("held", at_ms)
        return (_LEAST_LOTS + draw % _MORE_LOTS) * self.view.instrument.lot

    def _draw(self, of: str, at_ms: int) -> int:
        at_ms -= at_ms % FIVE_MINUTES_MS
        return zlib.crc32(f"{self.name}:{of}:{at_ms}".encode())

    def open_interest(self, at_ms: int) -> Body:
        """A row of `openInterestHist`; COIN-M has the value in the base asset."""
        held = self.held(at_ms)
        price = self.view.series.last_close_before(at_ms) or E8
        own = {"pair": self.pair, "contractType": "PERPETUAL"}
        return {
            **(own if self.is_inverse else {"symbol": self.name}),
            "sumOpenInterest": fixed(held),
            "sumOpenInterestValue": fixed(self.view.instrument.other_side(price, held)),
            "timestamp": at_ms,
        }

    def ratio(self, at_ms: int, kind: str) -> Body:
        """A row of a ratio: of two shares that make one."""
        longs = 3000 + self._draw(kind, at_ms) % 4000
        is_position = self.is_inverse and kind == "topLongShortPositionRatio"
        word = "Position" if is_position else "Account"
        return {
            **({"pair": self.pair} if self.is_inverse else {"symbol": self.name}),
            f"long{word}": f"0.{longs:04d}",
            f"short{word}": f"0.{10_000 - longs:04d}",
            "longShortRatio": fixed(rounded(longs * E8, 10_000 - longs), 4),
            "timestamp": at_ms,
        }

    def taker_volumes(self, at_ms: int) -> Body:
        """What takers did in the five minutes up to then."""
        rows = list(self.view.minutes(at_ms - FIVE_MINUTES_MS, at_ms))
        whole = merged(at_ms, rows) if rows else None
        bought = (whole and whole.taker_buy_base) or 0
        sold = (whole.base_volume if whole else 0) - bought
        if not self.is_inverse:
            ratio = rounded(bought * E8, sold) if sold else 0
            volumes = {"buyVol": fixed(bought), "sellVol": fixed(sold)}
            return {"buySellRatio": fixed(ratio, 4), **volumes, "timestamp": at_ms}
        bought_base = (whole and whole.taker_buy_quote) or 0
        sold_base = ((whole and whole.quote_volume) or 0) - bought_base
        return {
            "pair": self.pair,
            "contractType": "PERPETUAL",
            "takerBuyVol": fixed(bought),
            "takerSellVol": fixed(sold),
            "takerBuyVolValue": fixed(bought_base),
            "takerSellVolValue": fixed(sold_base),
            "timestamp": at_ms,
        }

    def index_candles(self, start_ms: int, end_ms: int) -> Iterator[tuple[int, Prices]]:
        """Minutes of the index: those of the spot pair."""
        for row in self.spot.minutes(start_ms, end_ms):
            yield row.opened_at_ms, Prices(row.open, row.high, row.low, row.close)

    def mark_candles(self, start_ms: int, end_ms: int) -> Iterator[tuple[int, Prices]]:
        """Minutes of the mark."""
        own = {row.opened_at_ms: row for row in self.view.minutes(start_ms, end_ms)}
        for at_ms, index in self.index_candles(start_ms, end_ms):
            if at_ms in own:
                row = own[at_ms]
                traded = (row.open, row.high, row.low, row.close)
                yield at_ms, Prices(*((a + b) // 2 for a, b in zip(index, traded)))  # noqa: B905

    def premium_candles(
        self, start_ms: int, end_ms: int
    ) -> Iterator[tuple[int, Prices]]:
        """Minutes of how far the mark is from the index, as a ratio."""
        index = dict(self.index_candles(start_ms, end_ms))
        for at_ms, mark in self.mark_candles(start_ms, end_ms):
            first, last = (
                (own - other) * E8 // other
                for own, other in (
                    (mark.open, index[at_ms].open),
                    (mark.close, index[at_ms].close),
                )
            )
            yield at_ms, Prices(first, max(first, last), min(first, last), last)

    def premium_index(self, now_ms: int) -> Body:
        """A row of `premiumIndex`; a dated contract has no funding."""
        _, index = list(self.index_candles(now_ms - HOUR_MS, now_ms + 1))[-1]
        _, mark = list(self.mark_candles(now_ms - HOUR_MS, now_ms + 1))[-1]
        rate, next_ms = "", 0
        if not self.view.instrument.expiry:
            *_, last = settlements(self.view.series, now_ms - DAY_MS, now_ms + 1)
            rate, next_ms = last.rate, now_ms - now_ms % (8 * HOUR_MS) + 8 * HOUR_MS
        return {
            "symbol": self.name,
            **({"pair": self.pair} if self.is_inverse else {}),
            "markPrice": fixed(mark.close),
            "indexPrice": fixed(index.close),
            "estimatedSettlePrice": fixed(index.close),
            "lastFundingRate": rate,
            "interestRate": "0.00010000" if rate else "",
            "nextFundingTime": next_ms,
            "time": now_ms,
        }

    def open_interest_now(self, now_ms: int) -> Body:
        """What `openInterest` says."""
        own = {"pair": self.pair, "contractType": "PERPETUAL"}
        return {
            "symbol": self.name,
            **(own if self.is_inverse else {}),
            "openInterest": fixed(self.held(now_ms)),
            "time": now_ms,
        }


# by the last part of a path below /futures/data/
STATISTICS: Mapping[str, Callable[[Contract, int], Body]] = {
    "openInterestHist": Contract.open_interest,
    "takerlongshortRatio": Contract.taker_volumes,
    "takerBuySellVol": Contract.taker_volumes,
    **{
        kind: partial(Contract.ratio, kind=kind)
        for kind in (
            "topLongShortAccountRatio",
            "topLongShortPositionRatio",
            "globalLongShortAccountRatio",
        )
    },
}
CANDLES: Mapping[str, Callable[[Contract, int, int], Iterator[tuple[int, Prices]]]] = {
    "markPriceKlines": Contract.mark_candles,
    "indexPriceKlines": Contract.index_candles,
    "premiumIndexKlines": Contract.premium_candles,
}


def candle_row(at_ms: int, prices: Prices) -> list[object]:
    """A row of a kline whose volumes mean nothing."""
    texts = [fixed(price) for price in prices]
    return [at_ms, *texts, "0", at_ms + MINUTE_MS - 1, "0", 60, "0", "0", "0"]
