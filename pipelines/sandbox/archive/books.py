"""What the bulk host has of books: depth in bands, and each best bid and ask.

Depth is cumulative from the mid, each half a minute; a band is written -5, and -5.00
since there is one of 0.2 % as well:
https://github.com/binance/binance-public-data/issues/447
Best prices are those that trades moved.
"""

import zlib
from collections.abc import Iterator
from datetime import UTC, datetime

from pipelines.sandbox.archive.tree import NARROW_FROM_MS, Place
from pipelines.sandbox.market import DAY_MS, Instrument, fixed
from pipelines.sandbox.view import View

HEADERS = {
    "bookDepth": "timestamp,percentage,depth,notional",
    "bookTicker": "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,"
    "transaction_time,event_time",
}
BANDS = (0.2, 1, 2, 3, 4, 5)
SNAPSHOTS_A_DAY = 2880
_SECONDS = (8, 38)  # of a minute
_SENT_AFTER_MS = 6


def depth(view: View, place: Place) -> Iterator[str]:
    """The lines of a day's depth, from the lowest bid to the highest ask."""
    for day in range(place.first_day, place.end_day):
        is_new = day * DAY_MS >= NARROW_FROM_MS
        for row in view.final_day(day):
            for second, price in zip(_SECONDS, (row.open, row.close), strict=True):
                at_ms = row.opened_at_ms + second * 1000
                yield from _bands(view.instrument, at_ms, price, is_new=is_new)


def _bands(
    instrument: Instrument, at_ms: int, price: int, *, is_new: bool
) -> Iterator[str]:
    at = datetime.fromtimestamp(at_ms // 1000, UTC)
    bands = BANDS if is_new else BANDS[1:]
    for sign in (-1, 1):
        held, lines = 0, []
        for band in bands:
            draw = zlib.crc32(f"{instrument.symbol}:{sign * band}:{at_ms}".encode())
            held += (1000 + draw % 5000) * instrument.lot
            written = f"{sign * band:.2f}" if is_new else f"{sign * band}"
            worth = fixed(instrument.other_side(price, held))
            amount = fixed(held, instrument.amount_decimals)
            lines.append(f"{at:%Y-%m-%d %H:%M:%S},{written},{amount},{worth}")
        yield from lines[::sign]


def tickers(view: View, place: Place) -> Iterator[str]:
    """The lines of best bids and asks: one a trade."""
    instrument = view.instrument

    def price(value: int) -> str:
        return fixed(value, instrument.price_decimals)

    for day in range(place.first_day, place.end_day):
        for trade in view.series.trades_of_day(day):
            ask = trade.price + (trade.side == "sell") * instrument.tick
            draw = zlib.crc32(f"{instrument.symbol}:{trade.trade_id}".encode())
            bid_amount, ask_amount = (
                fixed((1 + part % 5000) * instrument.lot, instrument.amount_decimals)
                for part in (draw, draw >> 12)
            )
            at_ms = trade.traded_at_ms
            yield (
                f"{7 * trade.trade_id},{price(ask - instrument.tick)},{bid_amount},"
                f"{price(ask)},{ask_amount},{at_ms},{at_ms + _SENT_AFTER_MS}"
            )
