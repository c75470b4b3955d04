"""Binance spot, and Binance.US, which speaks the same format with other limits.

https://developers.binance.com/docs/binance-spot-api-docs/rest-api
https://github.com/binance-us/binance-us-api-docs/blob/master/rest-api.md
"""

from collections.abc import Callable, Mapping

from pipelines.sandbox.answers import Answer, RefusedError, document, page
from pipelines.sandbox.clock import Clock
from pipelines.sandbox.feed import Series
from pipelines.sandbox.market import Candle, Instrument
from pipelines.sandbox.venues import (
    binance_futures,
    binance_limits,
    binance_listing,
    binance_market,
    binance_trades,
)
from pipelines.sandbox.venues.binance_klines import aggregates, klines
from pipelines.sandbox.venues.binance_parameters import (
    limited,
    refused,
    required,
    whole,
)
from pipelines.sandbox.venues.venue import Instruments, Params, recorded_book
from pipelines.sandbox.view import View

_API = "/api/v3/"


class Binance:
    """One of the two addresses."""

    def __init__(
        self,
        address: binance_limits.Address,
        series: Mapping[str, Series],
        clock: Clock,
    ) -> None:
        self.exchange_id = address.exchange_id
        self._address, self._clock = address, clock
        spot = {name: one for name, one in series.items() if ":" not in name}
        self._instruments = Instruments(spot, clock, _rendered, fills=True)
        self._futures = (
            binance_futures.Futures(series, clock, self._instruments.views, _rendered)
            if address.has_futures
            else None
        )
        self._symbols = {symbol.replace("/", ""): symbol for symbol in spot}
        self._routes: dict[str, Callable[[Params], Answer]] = {
            "ping": lambda _: document({}),
            "time": lambda _: document({"serverTime": clock.now_ms()}),
            "exchangeInfo": self._exchange_info,
            "klines": self._klines,
            "uiKlines": self._klines,
            "trades": self._trades,
            "historicalTrades": self._historical_trades,
            "aggTrades": self._agg_trades,
            "depth": self._depth,
            "ticker/24hr": self._ticker(binance_market.ticker_24h),
            "ticker/price": self._ticker(binance_market.ticker_price),
            "ticker/bookTicker": self._ticker(binance_market.book_ticker),
        }

    def answer(self, path: str, params: Params) -> Answer:
        """The answer to `/api/v3/…`, or to a listing of contracts."""
        route = self._routes.get(path.removeprefix(_API))
        if path.startswith(_API) and route:
            return route(params)
        if path == "/sapi/v1/system/status":
            return document({"status": 0, "msg": "normal"})
        if self._futures:
            answer = self._futures.answer(path, params)
            if answer is not None:
                return answer
        raise RefusedError(404, {"code": -1000, "msg": f"{path} is not served."})

    def weight(self, path: str, params: Params) -> float:
        """The request's documented weight; futures have budgets of their own."""
        if binance_futures.is_futures(path):
            return 0
        return binance_limits.weight(self._address, path.removeprefix(_API), params)

    def too_many(self, retry_after_s: int, *, is_banned: bool) -> Answer:
        """429, and 418 for a client that does not stop."""
        return binance_limits.too_many(
            self._address, self._clock.now_ms(), retry_after_s, is_banned=is_banned
        )

    def _symbol(self, venue_symbol: str) -> str:
        if venue_symbol not in self._symbols:
            raise refused(-1121, "Invalid symbol.")
        return self._symbols[venue_symbol]

    def _view(self, params: Params) -> View:
        return self._instruments.views[self._symbol(required(params, "symbol"))]

    def _exchange_info(self, params: Params) -> Answer:
        views = self._instruments.views
        return document(
            binance_listing.exchange_info(
                [views[symbol].instrument for symbol in self._listed(params)],
                self._clock.now_ms(),
                self._address.weight_limit,
            )
        )

    def _listed(self, params: Params) -> list[str]:
        """The symbols that are named, or all."""
        listed = params.get("symbols") or params.get("symbol")
        if not listed:
            return list(self._instruments.views)
        names = listed.strip("[]").replace('"', "").split(",")
        return [self._symbol(name) for name in names]

    def _klines(self, params: Params) -> Answer:
        symbol = self._symbol(required(params, "symbol"))
        return page(klines(self._instruments, symbol, params, self._clock))

    def _trades(self, params: Params) -> Answer:
        return page(
            binance_trades.newest(self._view(params), limited(params, 500, 1000))
        )

    def _historical_trades(self, params: Params) -> Answer:
        from_id = whole(params, "fromId")
        if from_id is None:
            return self._trades(params)
        limit = limited(params, 500, 1000)
        return page(binance_trades.from_id(self._view(params), from_id, limit))

    def _agg_trades(self, params: Params) -> Answer:
        return page(aggregates(self._view(params), params))

    def _depth(self, params: Params) -> Answer:
        limit = limited(params, 100, 5000)
        view, now_ms = self._view(params), self._clock.now_ms()
        return recorded_book(view, now_ms) or document(
            binance_market.depth(view, now_ms, limit)
        )

    def _ticker(
        self, body: Callable[[View, int], dict[str, object]]
    ) -> Callable[[Params], Answer]:
        def answer(params: Params) -> Answer:
            now_ms = self._clock.now_ms()
            if "symbol" in params:
                return document(body(self._view(params), now_ms))
            views = self._instruments.views
            everything = [views[symbol] for symbol in self._listed(params)]
            return document([body(view, now_ms) for view in everything])

        return answer


def _rendered(_: Instrument) -> Callable[[Candle], str]:
    return binance_market.kline
