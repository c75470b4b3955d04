"""Binance spot, and Binance.US, which speaks the same format with other limits.

https://developers.binance.com/docs/binance-spot-api-docs/rest-api
https://github.com/binance-us/binance-us-api-docs/blob/master/rest-api.md
"""

from collections.abc import Callable, Mapping

from pipelines.sandbox.answers import Answer, RefusedError, document, page
from pipelines.sandbox.clock import Clock
from pipelines.sandbox.feed import Series
from pipelines.sandbox.market import DAY_MS, MINUTE_MS, Candle, Instrument
from pipelines.sandbox.venues import (
    binance_futures,
    binance_limits,
    binance_listing,
    binance_market,
    binance_trades,
)
from pipelines.sandbox.venues.binance_parameters import (
    interval_ms,
    limited,
    refused,
    required,
    whole,
)
from pipelines.sandbox.venues.venue import Instruments, Params
from pipelines.sandbox.view import MONTH, WEEK, View, bucket_end

_API = "/api/v3/"
_FAR_MS = 1 << 52


class Binance:
    """One of the two addresses."""

    def __init__(
        self,
        address: binance_limits.Address,
        series: Mapping[str, Series],
        clock: Clock,
    ) -> None:
        self.exchange_id = address.exchange_id
        self._address, self._series = address, series
        self._clock = clock
        spot = {name: one for name, one in series.items() if ":" not in name}
        self._instruments = Instruments(spot, clock, _rendered, fills=True)
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
        if self._address.has_futures:
            body = binance_futures.answered(
                path, params, self._series, self._clock.now_ms()
            )
            if body is not None:
                return document(body)
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
        listed = params.get("symbols") or params.get("symbol")
        names = listed.strip("[]").replace('"', "").split(",") if listed else None
        views = self._instruments.views
        symbols = [self._symbol(name) for name in names] if names else list(views)
        return document(
            binance_listing.exchange_info(
                [views[symbol].instrument for symbol in symbols],
                self._clock.now_ms(),
                self._address.weight_limit,
            )
        )

    def _klines(self, params: Params) -> Answer:
        """Ascending; `startTime` and `endTime` are inclusive, on the open time."""
        symbol = self._symbol(required(params, "symbol"))
        interval = interval_ms(params)
        limit = limited(params, 500, 1000)
        start, end = whole(params, "startTime"), whole(params, "endTime")
        until = min(_FAR_MS if end is None else end, _FAR_MS) + 1
        if interval != MINUTE_MS:
            view = self._instruments.views[symbol]
            return page(self._long_klines(view, interval, start, until, limit))
        pages = self._instruments.pages[symbol]
        if start is None:
            return page(pages.backwards(0, until, limit))
        return page(pages.forwards(start, until, limit))

    def _long_klines(
        self, view: View, interval: int, start: int | None, until: int, limit: int
    ) -> list[bytes]:
        length = {MONTH: 31 * DAY_MS, WEEK: 7 * DAY_MS}.get(interval, interval)
        end = min(until, self._clock.now_ms() + 1)
        if start is None:
            rows = list(view.buckets(end - length * limit, end, interval))[-limit:]
        else:
            first = max(start, view.series.first_opened_at_ms - length)
            end = min(end, first + length * (limit + 1))
            rows = list(view.buckets(first, end, interval))[:limit]
        return [
            binance_market.kline(
                row, bucket_end(row.opened_at_ms, interval) - 1
            ).encode()
            for row in rows
        ]

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
        return page(
            binance_trades.aggregated(
                self._view(params),
                limited(params, 500, 1000),
                from_id=whole(params, "fromId"),
                start_ms=whole(params, "startTime"),
                end_ms=whole(params, "endTime"),
            )
        )

    def _depth(self, params: Params) -> Answer:
        limit = limited(params, 100, 5000)
        now_ms = self._clock.now_ms()
        return document(binance_market.depth(self._view(params), now_ms, limit))

    def _ticker(
        self, body: Callable[[View, int], dict[str, object]]
    ) -> Callable[[Params], Answer]:
        def answer(params: Params) -> Answer:
            now_ms = self._clock.now_ms()
            if "symbol" in params:
                return document(body(self._view(params), now_ms))
            everything = self._instruments.views.values()
            return document([body(view, now_ms) for view in everything])

        return answer


def _rendered(_: Instrument) -> Callable[[Candle], str]:
    return binance_market.kline
