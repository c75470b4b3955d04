"""Kraken Futures' REST: perpetual contracts, settled in dollars or in their base.

https://docs.kraken.com/api/docs/futures-api/trading/market-data
https://docs.kraken.com/api-reference/candles/market-candles
"""

import re
from collections.abc import Callable, Mapping
from itertools import islice, takewhile
from uuid import UUID

from pipelines.sandbox.answers import Answer, RefusedError, document, encoded
from pipelines.sandbox.book import book_at, last_price
from pipelines.sandbox.clock import Clock, iso, parse_instant
from pipelines.sandbox.feed import Series
from pipelines.sandbox.funding import settlements
from pipelines.sandbox.market import (
    DAY_MS,
    E8,
    MINUTE_MS,
    Instrument,
    Trade,
    shortest,
)
from pipelines.sandbox.venues.kraken_names import altname
from pipelines.sandbox.venues.venue import Params, last_day, recorded_book
from pipelines.sandbox.view import View

_API = re.compile(r"/derivatives/api/v[34]/(\w+)")  # funding rates are of version 4
_CHARTS = "/api/charts/v1/trade/"
CANDLES_MAX = 2000
HISTORY_MAX, HISTORY_MS = 100, 7 * DAY_MS
_FORCED_ONE_IN = 97  # orders
FUNDING_HOURS = 1
_DEPTH = 100
_INTERVALS_MS = {"1m": MINUTE_MS, "5m": 5 * MINUTE_MS, "1h": 60 * MINUTE_MS}


def venue_symbol(symbol: str) -> str:
    """`PF_XBTUSD` settles in dollars, `PI_XBTUSD` in bitcoin."""
    pair, _, settle = symbol.partition(":")
    base, quote = pair.split("/")
    return f"P{'I' if settle == base else 'F'}_{altname(base)}{quote}"


def _number(value: int) -> float:
    """As the venue sends numbers: without quotes."""
    return float(shortest(value))


class KrakenFutures:
    """One venue; quiet minutes are absent from its candles."""

    exchange_id = "kraken_futures"

    def __init__(self, series: Mapping[str, Series], clock: Clock) -> None:
        self._clock = clock
        self._views = {
            venue_symbol(name): View(one, clock, fills=False)
            for name, one in series.items()
        }
        self._routes: dict[str, Callable[[Params], dict[str, object]]] = {
            "instruments": self._instruments,
            "tickers": self._tickers,
            "orderbook": self._order_book,
            "historicalfundingrates": self._funding,
            "history": self._history,
        }

    def answer(self, path: str, params: Params) -> Answer:
        """The answer to `/derivatives/api/v3/…` (v4) or `/api/charts/v1/trade/…`."""
        if path.startswith(_CHARTS):
            return document(self._candles(path.removeprefix(_CHARTS), params))
        named = _API.fullmatch(path)
        route = self._routes.get(named[1]) if named else None
        if route is None:
            raise RefusedError(404, {"result": "error", "error": "notFound"})
        now_ms = self._clock.now_ms()
        if path.endswith("/orderbook"):
            recorded = recorded_book(self._view(params.get("symbol", "")), now_ms)
            if recorded is not None:
                return recorded
        told = {"result": "success", **route(params), "serverTime": iso(now_ms)}
        return document(told)

    def weight(self, path: str, params: Params) -> float:
        """Every request alike."""
        return 1

    def too_many(self, retry_after_s: int, *, is_banned: bool) -> Answer:
        """https://docs.kraken.com/api/docs/guides/futures-rate-limits."""
        return Answer(429, encoded({"result": "error", "error": "apiLimitExceeded"}))

    def _view(self, name: str) -> View:
        if name not in self._views:
            raise RefusedError(
                404, {"result": "error", "error": f"Symbol not found: {name}"}
            )
        return self._views[name]

    def _instruments(self, _: Params) -> dict[str, object]:
        return {
            "instruments": [
                _listed(name, view.instrument) for name, view in self._views.items()
            ]
        }

    def _tickers(self, _: Params) -> dict[str, object]:
        now_ms = self._clock.now_ms()
        tickers = [_ticker(name, view, now_ms) for name, view in self._views.items()]
        index = {"symbol": "in_xbtusd", "last": 1.5, "lastTime": iso(now_ms)}
        return {"tickers": [*tickers, index]}

    def _order_book(self, params: Params) -> dict[str, object]:
        view = self._view(params.get("symbol", ""))
        book = book_at(view, self._clock.now_ms(), _DEPTH)
        sides = {"bids": book.bids, "asks": book.asks}
        return {
            "orderBook": {
                side: [[_number(price), _number(amount)] for price, amount, _ in levels]
                for side, levels in sides.items()
            }
        }

    def _history(self, params: Params) -> dict[str, object]:
        """The newest before `lastTime`, of seven days; some are of a liquidation."""
        view, until = self._view(params.get("symbol", "")), params.get("lastTime")
        earliest_ms = self._clock.now_ms() - HISTORY_MS
        newest = view.trades_backwards(parse_instant(until) if until else None)
        known = takewhile(lambda trade: trade.traded_at_ms >= earliest_ms, newest)
        return {"history": [_trade(trade) for trade in islice(known, HISTORY_MAX)]}

    def _funding(self, params: Params) -> dict[str, object]:
        """All there is: the rate, and what it was in dollars a contract."""
        view = self._view(params.get("symbol", ""))
        until_ms = self._clock.now_ms() + 1
        since_ms = until_ms - 90 * 24 * 60 * MINUTE_MS
        settled = settlements(view.series, since_ms, until_ms, FUNDING_HOURS)
        price = last_price(view, until_ms) or E8
        rows = []
        for due in settled:
            stamp = due.settled_at_ms // MINUTE_MS * MINUTE_MS
            relative = float(f"{due.rate}{stamp % 9973 + 1:06d}")
            dollars = relative * float(shortest(price))
            rows.append(
                {
                    "timestamp": iso(stamp),
                    "fundingRate": dollars,
                    "relativeFundingRate": relative,
                }
            )
        return {"rates": rows}

    def _candles(self, path: str, params: Params) -> dict[str, object]:
        """Ascending; `from` and `to` are seconds, both inside."""
        name, _, interval = path.partition("/")
        view = self._view(name)
        length = _INTERVALS_MS.get(interval)
        if length is None:
            raise RefusedError(400, {"errors": [{"msg": "invalid interval"}]})
        until = int(params.get("to", self._clock.now_ms() // 1000)) * 1000 + 1
        until = min(until, self._clock.now_ms() + 1)
        since = int(params.get("from", (until - CANDLES_MAX * length) // 1000)) * 1000
        rows = list(view.buckets(since, until, length))
        return {
            "candles": [
                {
                    "time": row.opened_at_ms,
                    "open": shortest(row.open),
                    "high": shortest(row.high),
                    "low": shortest(row.low),
                    "close": shortest(row.close),
                    "volume": _number(row.base_volume),
                }
                for row in rows[:CANDLES_MAX]
            ],
            "more_candles": len(rows) > CANDLES_MAX,
        }


def _listed(name: str, one: Instrument) -> dict[str, object]:
    is_inverse = one.contract_size is not None
    return {
        "symbol": name,
        "type": "futures_inverse" if is_inverse else "flexible_futures",
        "underlying": f"rr_{name[3:].lower()}",
        "tickSize": _number(one.tick),
        "contractSize": 1,
        "tradeable": one.is_active,
        "impactMidSize": 1,
        "maxPositionSize": 1_000_000,
        "openingDate": "2022-01-01T00:00:00.000Z",
        "marginLevels": [
            {"contracts": 0, "initialMargin": 0.02, "maintenanceMargin": 0.01}
        ],
        "fundingRateCoefficient": 8,
        "maxRelativeFundingRate": 0.001,
        "contractValueTradePrecision": one.amount_decimals,
        "category": "",
        "tags": [],
    }


def _trade(trade: Trade) -> dict[str, object]:
    kind = "fill" if trade.order_id % _FORCED_ONE_IN else "liquidation"
    return {
        "time": iso(trade.traded_at_ms),
        "trade_id": trade.trade_id,
        "price": _number(trade.price),
        "size": _number(trade.amount),
        "side": trade.side,
        "type": kind,
        "uid": str(UUID(int=trade.trade_id)),
    }


def _ticker(name: str, view: View, now_ms: int) -> dict[str, object]:
    """Mark and index are the last price: the market agrees with itself."""
    book, day = book_at(view, now_ms, 1), last_day(view, now_ms)
    newest = next(view.trades_backwards(), None)
    last = last_price(view, now_ms) or 0
    return {
        "tag": "perpetual",
        "pair": f"{altname(view.instrument.base)}:{view.instrument.quote}",
        "symbol": name,
        "markPrice": _number(last),
        "bid": _number(book.bids[0][0]),
        "bidSize": _number(book.bids[0][1]),
        "ask": _number(book.asks[0][0]),
        "askSize": _number(book.asks[0][1]),
        "vol24h": _number(day.volume),
        "openInterest": _number(day.volume * 3),
        "open24h": _number(day.open or 0),
        "indexPrice": _number(last),
        "last": _number(last),
        "lastTime": iso(newest.traded_at_ms if newest else now_ms),
        "lastSize": _number(newest.amount if newest else 0),
        "suspended": False,
    }
