"""Bodies of Coinbase Exchange's market data: candles, trades, book, ticker, stats.

https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/products
"""

import json

from pipelines.sandbox.book import Book, book_at, last_price
from pipelines.sandbox.clock import iso
from pipelines.sandbox.market import DAY_MS, Candle, Trade, fixed, shortest
from pipelines.sandbox.venues.venue import last_day
from pipelines.sandbox.view import View

BOOK_DEPTH = 50
_DAYS_OF_STATISTICS = 30


def candle(row: Candle) -> str:
    """Start, low, high, open, close and volume: JSON numbers, as exact as they are.

    https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/products/get-product-candles
    """
    return (
        f"[{row.opened_at_ms // 1000},{shortest(row.low)},{shortest(row.high)},"
        f"{shortest(row.open)},{shortest(row.close)},{shortest(row.base_volume)}]"
    )


def _stamp(at_ns: int) -> str:
    whole = iso(at_ns // 1_000_000, digits=3)
    return f"{whole[:-1]}{at_ns // 1000 % 1000:03d}Z"


def trade_row(trade: Trade) -> bytes:
    """A trade; `side` is the maker's, so a taker who bought makes it `sell`.

    https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/products/get-product-trades
    """
    body = {
        "trade_id": trade.trade_id,
        "side": "sell" if trade.side == "buy" else "buy",
        "size": fixed(trade.amount),
        "price": fixed(trade.price),
        "time": _stamp(trade.traded_at_ns),
    }
    return json.dumps(body, separators=(",", ":")).encode()


def book(view: View, now_ms: int, level: int) -> dict[str, object]:
    """Level 1: the best; 2: aggregated; 3: single orders with their ids.

    https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/products/get-product-book
    """
    depth = 1 if level == 1 else BOOK_DEPTH
    snapshot = book_at(view, now_ms, depth)
    return {
        "bids": _side(snapshot, snapshot.bids, level),
        "asks": _side(snapshot, snapshot.asks, level),
        "sequence": snapshot.version,
        "auction_mode": False,
        "auction": None,
        "time": _stamp(now_ms * 1_000_000),
    }


def _side(
    snapshot: Book, levels: list[tuple[int, int, int]], level: int
) -> list[list[object]]:
    single = level == 3  # noqa: PLR2004 (the parameter's own numbers)
    return [
        [
            shortest(price),
            shortest(amount),
            f"00000000-0000-4000-8000-{(price ^ snapshot.version) & (1 << 48) - 1:012x}"
            if single
            else orders,
        ]
        for price, amount, orders in levels
    ]


def ticker(view: View, now_ms: int) -> dict[str, object]:
    """The last trade, the best of the book, the day's volume.

    https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/products/get-product-ticker
    """
    snapshot = book_at(view, now_ms, 1)
    newest = next(view.trades_backwards(), None)
    price = last_price(view, now_ms)
    return {
        "ask": shortest(snapshot.asks[0][0]) if snapshot.asks else None,
        "bid": shortest(snapshot.bids[0][0]) if snapshot.bids else None,
        "volume": shortest(last_day(view, now_ms).volume),
        "trade_id": newest.trade_id if newest else None,
        "price": None if price is None else shortest(price),
        "size": shortest(newest.amount) if newest else None,
        "time": _stamp(newest.traded_at_ns if newest else now_ms * 1_000_000),
        "rfq_volume": "0",
    }


def stats(view: View, now_ms: int) -> dict[str, object]:
    """The last 24 hours, and the volume of 30 days.

    https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/products/get-product-stats
    """
    day = last_day(view, now_ms)
    month = last_day(view, now_ms, since_ms=now_ms - _DAYS_OF_STATISTICS * DAY_MS)

    def text(value: int | None) -> str | None:
        return None if value is None else shortest(value)

    return {
        "open": text(day.open),
        "high": text(day.high),
        "low": text(day.low),
        "last": text(day.last),
        "volume": text(day.volume),
        "volume_30day": text(month.volume),
        "rfq_volume_24hour": "0",
        "rfq_volume_30day": "0",
    }
