"""Bodies of Kraken's market data: candles, trades, depth and tickers.

https://docs.kraken.com/api-reference/market-data
"""

from collections.abc import Callable

from pipelines.sandbox.book import book_at
from pipelines.sandbox.market import DAY_MS, E8, MINUTE_MS, Candle, Trade, fixed
from pipelines.sandbox.venues.venue import DayStatistics, last_day
from pipelines.sandbox.view import View

VOLUME_DECIMALS = 8


def ohlc(price_decimals: int) -> Callable[[Candle], str]:
    """Renders time, open, high, low, close, vwap, volume and count.

    https://docs.kraken.com/api-reference/market-data/get-ohlc-data
    """

    def row(candle: Candle) -> str:
        opened, high, low, close = (
            fixed(price, price_decimals) for price in candle[1:5]
        )
        vwap = (
            "null" if candle.vwap is None else f'"{fixed(candle.vwap, price_decimals)}"'
        )
        count = "null" if candle.trades_count is None else candle.trades_count
        return (
            f'[{candle.opened_at_ms // 1000},"{opened}","{high}","{low}","{close}",'
            f'{vwap},"{fixed(candle.base_volume)}",{count}]'
        )

    return row


def trade_row(trade: Trade, price_decimals: int) -> bytes:
    """Price, volume, time, side, order type, miscellaneous and id.

    https://docs.kraken.com/api-reference/market-data/get-recent-trades
    """
    seconds, rest = divmod(trade.traded_at_ns, 1_000_000_000)
    side = "b" if trade.side == "buy" else "s"
    kind = "l" if trade.order_id % 3 else "m"
    return (
        f'["{fixed(trade.price, price_decimals)}","{fixed(trade.amount)}",'
        f'{seconds}.{rest // 100:07d},"{side}","{kind}","",{trade.trade_id}]'
    ).encode()


def depth(view: View, now_ms: int, count: int) -> dict[str, object]:
    """Price, volume and stamp of each level, from the best outwards.

    https://docs.kraken.com/api-reference/market-data/get-order-book
    """
    book = book_at(view, now_ms, count)
    places = view.instrument.price_decimals

    def side(levels: list[tuple[int, int, int]]) -> list[list[object]]:
        return [
            [fixed(price, places), _short(amount), now_ms // 1000 - orders]
            for price, amount, orders in levels
        ]

    return {"asks": side(book.asks), "bids": side(book.bids)}


def _short(amount: int) -> str:
    """An amount in the three decimals of a book; none is so small that it vanishes."""
    return fixed(max(amount, E8 // 1000), 3)


def _today(view: View, now_ms: int) -> DayStatistics:
    return last_day(view, now_ms, since_ms=now_ms // DAY_MS * DAY_MS)


def ticker(view: View, now_ms: int) -> dict[str, object]:
    """Today's and the last 24 hours' figures.

    https://docs.kraken.com/api-reference/market-data/get-ticker-information
    """
    places = view.instrument.price_decimals
    periods = (_today(view, now_ms), last_day(view, now_ms))
    book = book_at(view, now_ms, 1)
    newest = next(view.trades_backwards(), None)
    last = newest.price if newest else periods[1].last

    def price(value: int | None) -> str | None:
        return None if value is None else fixed(value, places)

    def best(levels: list[tuple[int, int, int]]) -> list[str]:
        value, amount, _ = levels[0] if levels else (0, 0, 0)
        return [fixed(value, places), fixed(amount, 0), _short(amount)]

    return {
        "a": best(book.asks),
        "b": best(book.bids),
        "c": [price(last), fixed(newest.amount) if newest else None],
        "v": [fixed(period.volume) for period in periods],
        "p": [price(period.vwap) for period in periods],
        "t": [period.trades_count for period in periods],
        "l": [price(period.low) for period in periods],
        "h": [price(period.high) for period in periods],
        "o": price(periods[0].open),
    }


INTERVALS_MS = {
    minutes: minutes * MINUTE_MS
    for minutes in (1, 5, 15, 30, 60, 240, 1440, 10080, 21600)
}
