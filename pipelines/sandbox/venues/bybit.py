"""Bybit's REST: spot and contracts by category, in the published form.

https://bybit-exchange.github.io/docs/v5/market/kline
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import islice
from uuid import UUID

from pipelines.sandbox.answers import Answer, RefusedError, document, encoded
from pipelines.sandbox.book import book_at, last_price
from pipelines.sandbox.clock import Clock
from pipelines.sandbox.feed import Series
from pipelines.sandbox.funding import settlements
from pipelines.sandbox.market import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    Candle,
    fixed,
    shortest,
)
from pipelines.sandbox.venues.venue import Params, last_day
from pipelines.sandbox.view import View

_API = "/v5/market/"
CANDLES_MAX, TRADES_MAX, ROWS_MAX, LEVELS_MAX = 1000, 1000, 200, 500
CATEGORIES = ("spot", "linear", "inverse")
INTERVAL_MS = 5 * MINUTE_MS
RATES_MS = 90 * DAY_MS
_LISTED_MS = 1_585_526_400_000
_QUARTERS = {3: "H", 6: "M", 9: "U", 12: "Z"}


def venue_symbol(symbol: str) -> str:
    """`BTCUSDT` is a pair, or settles in dollars; `BTCUSD` settles in bitcoin.

    Dated ones are `BTCUSDT-27DEC24` and `BTCUSDZ24`.
    """
    pair, _, terms = symbol.replace("/", "").partition(":")
    settle, _, expiry = terms.partition("-")
    if not expiry:
        return pair
    day = datetime.strptime(expiry, "%y%m%d").replace(tzinfo=UTC)
    if pair.endswith(settle):
        return f"{pair}-{day:%d%b%y}".upper()
    return f"{pair}{_QUARTERS[day.month]}{day:%y}"


class Bybit:
    """One venue; quiet minutes are flat candles of nothing."""

    exchange_id = "bybit"

    def __init__(self, series: Mapping[str, Series], clock: Clock) -> None:
        self._clock = clock
        self._views: dict[str, dict[str, View]] = {c: {} for c in CATEGORIES}
        for name, one in series.items():
            view = View(one, clock, fills=True)
            self._views[_category(view)][venue_symbol(name)] = view
        self._routes: dict[str, Callable[[Params], dict[str, object]]] = {
            "time": lambda _: {"timeSecond": str(clock.now_ms() // 1000)},
            "instruments-info": self._instruments,
            "kline": self._candles,
            "recent-trade": self._trades,
            "funding/history": self._funding,
            "tickers": self._tickers,
            "open-interest": self._open_interest,
            "orderbook": self._book,
        }

    def answer(self, path: str, params: Params) -> Answer:
        """The answer to `/v5/market/…`."""
        route = self._routes.get(path.removeprefix(_API))
        if route is None:
            raise RefusedError(404, _body(10_001, "Not found", {}, 0))
        now_ms = self._clock.now_ms()
        try:
            result = route(params)
        except KeyError:
            error = _body(10_001, "params error: symbol invalid", {}, now_ms)
            raise RefusedError(200, error) from None
        if "category" in params:
            result = {"category": params["category"], **result}
        return document(_body(0, "OK", result, now_ms))

    def weight(self, path: str, params: Params) -> float:  # noqa: ARG002  # all alike
        """Every request alike."""
        return 1

    def too_many(self, retry_after_s: int, *, is_banned: bool) -> Answer:  # noqa: ARG002
        """https://bybit-exchange.github.io/docs/v5/error."""
        return Answer(429, encoded(_body(10_006, "Too many visits!", {}, 0)))

    def _view(self, params: Params) -> View:
        return self._views[params["category"]][params["symbol"]]

    def _listed(self, category: str) -> Mapping[str, View]:
        views = self._views.get(category, {})
        return {name: view for name, view in views.items() if view.is_listed}

    def _instruments(self, params: Params) -> dict[str, object]:
        views = self._listed(params["category"])
        is_listed = params.get("status", "Trading") == "Trading"
        if params["category"] == "spot":
            return {"list": [_listed_spot(*one) for one in views.items() if is_listed]}
        listed = [_listed(*one) for one in views.items() if is_listed]
        return {"list": listed, "nextPageCursor": ""}

    def _candles(self, params: Params) -> dict[str, object]:
        """The newest of the span, both ends inside, newest first; else from `start`."""
        view, most = self._view(params), _limit(params, CANDLES_MAX)
        now_ms, width = self._clock.now_ms(), (most - 1) * MINUTE_MS
        since = int(params.get("start", now_ms - width))
        until = min(int(params.get("end", since + width)), now_ms) + 1
        rows = list(view.buckets(since, until, MINUTE_MS))[-most:][::-1]
        return {"symbol": params["symbol"], "list": [_candle(row) for row in rows]}

    def _trades(self, params: Params) -> dict[str, object]:
        """The newest."""
        view = self._view(params)
        newest = islice(view.trades_backwards(), _limit(params, TRADES_MAX))
        return {
            "list": [
                {
                    "execId": str(UUID(int=trade.trade_id)),
                    "symbol": params["symbol"],
                    "price": shortest(trade.price),
                    "size": shortest(trade.amount),
                    "side": trade.side.capitalize(),
                    "time": str(trade.traded_at_ms),
                    "isBlockTrade": False,
                    "seq": str(trade.order_id),
                }
                for trade in newest
            ]
        }

    def _funding(self, params: Params) -> dict[str, object]:
        """The newest of the span, newest first."""
        view, now_ms = self._view(params), self._clock.now_ms()
        since = int(params.get("startTime", now_ms - RATES_MS))
        until = min(int(params.get("endTime", now_ms)), now_ms) + 1
        settled = [
            (due.settled_at_ms // HOUR_MS * HOUR_MS, due.rate)
            for due in settlements(view.series, since - HOUR_MS, until)
        ]
        rows = [
            {
                "symbol": params["symbol"],
                "fundingRate": f"{rate}{at % 9973 + 1:06d}",
                "fundingRateTimestamp": str(at),
            }
            for at, rate in settled
            if since <= at < until
        ]
        return {"list": rows[-_limit(params, ROWS_MAX) :][::-1]}

    def _tickers(self, params: Params) -> dict[str, object]:
        now_ms = self._clock.now_ms()
        views = self._listed(params["category"])
        return {"list": [_ticker(name, one, now_ms) for name, one in views.items()]}

    def _open_interest(self, params: Params) -> dict[str, object]:
        """Of each five minutes, newest first, both ends inside."""
        view, now_ms = self._view(params), self._clock.now_ms()
        until = min(int(params.get("endTime", now_ms)), now_ms)
        newest = until // INTERVAL_MS * INTERVAL_MS
        since = max(int(params.get("startTime", 0)), view.series.first_opened_at_ms)
        stamps = range(newest, since - 1, -INTERVAL_MS)
        rows = [
            {"openInterest": _interest(view, at), "timestamp": str(at)}
            for at in stamps[: _limit(params, ROWS_MAX)]
        ]
        return {"symbol": params["symbol"], "list": rows, "nextPageCursor": ""}

    def _book(self, params: Params) -> dict[str, object]:
        view, now_ms = self._view(params), self._clock.now_ms()
        book = book_at(view, now_ms, min(int(params.get("limit", 25)), LEVELS_MAX))
        sides = {"a": book.asks, "b": book.bids}
        levels = {
            side: [[shortest(price), shortest(amount)] for price, amount, _ in rows]
            for side, rows in sides.items()
        }
        version = {"u": book.version, "seq": book.version}
        stamps = {"ts": now_ms, "cts": now_ms - 5}
        return {"s": params["symbol"], **levels, **stamps, **version}


def _category(view: View) -> str:
    if view.instrument.settle is None:
        return "spot"
    return "linear" if view.instrument.contract_size is None else "inverse"


def _limit(params: Params, most: int) -> int:
    return min(int(params.get("limit", most)), most)


def _interest(view: View, now_ms: int) -> str:
    """Three times what was traded in a day: the base, or dollars."""
    return fixed(last_day(view, now_ms).volume * 3)


def _candle(row: Candle) -> list[str]:
    """Of what settles in its base the volume is dollars, and the turnover the base."""
    cells = (row.open, row.high, row.low, row.close)
    volumes = (row.base_volume, row.quote_volume or 0)
    return [str(row.opened_at_ms), *map(shortest, (*cells, *volumes))]


def _ticker(name: str, view: View, now_ms: int) -> dict[str, object]:
    """Mark and index are the last price: the market agrees with itself."""
    book, price = book_at(view, now_ms, 1), shortest(last_price(view, now_ms) or 0)
    return {
        "symbol": name,
        **dict.fromkeys(("lastPrice", "markPrice", "indexPrice"), price),
        "openInterest": _interest(view, now_ms),
        "deliveryTime": _delivery(view),
        "bid1Price": shortest(book.bids[0][0]),
        "bid1Size": shortest(book.bids[0][1]),
        "ask1Price": shortest(book.asks[0][0]),
        "ask1Size": shortest(book.asks[0][1]),
    }


def _delivery(view: View) -> str:
    return str(view.series.ended_at_ms) if view.instrument.expiry else "0"


def _listed(name: str, view: View) -> dict[str, object]:
    one = view.instrument
    kind = _category(view).capitalize()
    lot = shortest(one.lot)
    return {
        "symbol": name,
        "contractType": kind + ("Futures" if one.expiry else "Perpetual"),
        "status": "Trading" if one.is_active else "Closed",
        "baseCoin": one.base,
        "quoteCoin": one.quote,
        "launchTime": str(_LISTED_MS),
        "deliveryTime": _delivery(view),
        "deliveryFeeRate": "",
        "priceScale": str(one.price_decimals),
        "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00"},
        "priceFilter": {"minPrice": shortest(one.tick), "tickSize": shortest(one.tick)},
        "lotSizeFilter": {"minOrderQty": lot, "qtyStep": lot, "maxOrderQty": "10000"},
        "fundingInterval": 0 if one.expiry else 480,
        "settleCoin": one.settle,
    }


def _listed_spot(name: str, view: View) -> dict[str, object]:
    one, lot = view.instrument, shortest(view.instrument.lot)
    return {
        "symbol": name,
        "baseCoin": one.base,
        "quoteCoin": one.quote,
        "innovation": "0",
        "status": "Trading" if one.is_active else "Closed",
        "marginTrading": "utaOnly",
        "lotSizeFilter": {
            "basePrecision": lot,
            "quotePrecision": "0.00000001",
            "minOrderQty": lot,
            "maxOrderQty": "10000",
            "minOrderAmt": "5",
        },
        "priceFilter": {"tickSize": shortest(one.tick)},
    }


def _body(
    code: int, message: str, result: Mapping[str, object], now_ms: int
) -> dict[str, object]:
    return {
        "retCode": code,
        "retMsg": message,
        "result": result,
        "retExtInfo": {},
        "time": now_ms,
    }
