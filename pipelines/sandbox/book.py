"""Order books made around the last price, so that they agree with the trades.

The last trade's price is the best ask where its taker bought and the best bid where
it sold; the other side starts one tick away. Sizes are hashed and change ten times a
second of the virtual clock.
"""

import zlib
from dataclasses import dataclass

from pipelines.sandbox.market import Instrument
from pipelines.sandbox.view import View

CHANGES_EVERY_MS = 100


@dataclass(frozen=True)
class Book:
    """Levels from the best outwards, as (price, amount, orders)."""

    version: int
    bids: list[tuple[int, int, int]]
    asks: list[tuple[int, int, int]]


def book_at(view: View, now_ms: int, depth: int) -> Book:
    """The book at the virtual now with up to `depth` levels a side."""
    instrument = view.instrument
    version = now_ms // CHANGES_EVERY_MS
    last = next(view.trades_backwards(), None)
    price = last.price if last else last_price(view, now_ms)
    if price is None:
        return Book(version, [], [])
    is_sell = last is not None and last.side == "sell"
    ask = price + instrument.tick if is_sell else price
    asks = [
        _level(instrument, ask + n * instrument.tick, version) for n in range(depth)
    ]
    bids = [
        _level(instrument, ask - (n + 1) * instrument.tick, version)
        for n in range(depth)
    ]
    return Book(version, [level for level in bids if level[0] > 0], asks)


def last_price(view: View, now_ms: int) -> int | None:
    """The price of the newest trade, or of the forming candle where none is known."""
    last = next(view.trades_backwards(), None)
    if last is not None:
        return last.price
    forming = view.forming(now_ms)
    return forming.close if forming else view.series.last_close_before(now_ms)


def _level(instrument: Instrument, price: int, version: int) -> tuple[int, int, int]:
    draw = zlib.crc32(f"{instrument.symbol}:{price}:{version}".encode())
    return price, (1 + draw % 5000) * instrument.lot, 1 + draw % 7
