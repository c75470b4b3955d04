"""Bodies of Binance's market data: klines, depth and tickers.

https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints
"""

from pipelines.sandbox.book import CHANGES_EVERY_MS, book_at
from pipelines.sandbox.market import DAY_MS, E8, MINUTE_MS, Candle, fixed, rounded
from pipelines.sandbox.venues.venue import last_day
from pipelines.sandbox.view import View


def _quoted(value: int | None) -> str:
    return "null" if value is None else f'"{fixed(value)}"'


def kline(row: Candle, closed_at_ms: int | None = None) -> str:
    """A kline's twelve fields; the last is documented as unused.

    https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints#klinecandlestick-data
    """
    closed = row.opened_at_ms + MINUTE_MS - 1 if closed_at_ms is None else closed_at_ms
    count = "null" if row.trades_count is None else row.trades_count
    return (
        f'[{row.opened_at_ms},"{fixed(row.open)}","{fixed(row.high)}",'
        f'"{fixed(row.low)}","{fixed(row.close)}","{fixed(row.base_volume)}",'
        f"{closed},{_quoted(row.quote_volume)},{count},"
        f'{_quoted(row.taker_buy_base)},{_quoted(row.taker_buy_quote)},"0"]'
    )


def depth(view: View, now_ms: int, limit: int) -> dict[str, object]:
    """Levels from the best outwards.

    https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints#order-book
    """
    book = book_at(view, now_ms, limit)
    return {
        "lastUpdateId": book.version,
        "bids": [[fixed(price), fixed(amount)] for price, amount, _ in book.bids],
        "asks": [[fixed(price), fixed(amount)] for price, amount, _ in book.asks],
    }


def update_id(now_ms: int) -> int:
    """The id of the book's newest change."""
    return now_ms // CHANGES_EVERY_MS


def book_ticker(view: View, now_ms: int) -> dict[str, object]:
    """The best level of both sides.

    https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints#symbol-order-book-ticker
    """
    book = book_at(view, now_ms, 1)
    bid = book.bids[0] if book.bids else (0, 0, 0)
    ask = book.asks[0] if book.asks else (0, 0, 0)
    return {
        "symbol": view.instrument.symbol.replace("/", ""),
        "bidPrice": fixed(bid[0]),
        "bidQty": fixed(bid[1]),
        "askPrice": fixed(ask[0]),
        "askQty": fixed(ask[1]),
    }


def ticker_price(view: View, now_ms: int) -> dict[str, object]:
    """The newest price.

    https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints#symbol-price-ticker
    """
    last = last_day(view, now_ms).last
    name = view.instrument.symbol.replace("/", "")
    return {"symbol": name, "price": fixed(last or 0)}


def ticker_24h(view: View, now_ms: int) -> dict[str, object]:
    """The rolling day.

    https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints#24hr-ticker-price-change-statistics
    """
    day = last_day(view, now_ms)
    opened, last = day.open or 0, day.last or 0
    newest = next(view.trades_backwards(), None)
    count = day.trades_count
    percent = rounded(abs(last - opened) * 100 * E8, opened) if opened else 0
    before = view.series.last_close_before(now_ms - DAY_MS)
    best = book_ticker(view, now_ms)
    return {
        "symbol": best["symbol"],
        "priceChange": fixed(last - opened),
        "priceChangePercent": fixed(percent if last >= opened else -percent, 3),
        "weightedAvgPrice": None if day.vwap is None else fixed(day.vwap),
        "prevClosePrice": fixed(opened if before is None else before),
        "lastPrice": fixed(last),
        "lastQty": fixed(newest.amount) if newest else None,
        **{key: value for key, value in best.items() if key != "symbol"},
        "openPrice": fixed(opened),
        "highPrice": fixed(day.high or 0),
        "lowPrice": fixed(day.low or 0),
        "volume": fixed(day.volume),
        "quoteVolume": None if day.quote_volume is None else fixed(day.quote_volume),
        "openTime": now_ms - DAY_MS,
        "closeTime": now_ms,
        "firstId": newest.trade_id - count + 1 if newest and count else -1,
        "lastId": newest.trade_id if newest and count else -1,
        "count": count,
    }
