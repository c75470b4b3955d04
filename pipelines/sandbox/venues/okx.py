"""OKX's REST: spot, and what is counted in contracts, in the published form.

https://www.okx.com/docs-v5/en/#order-book-trading-market-data
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from pipelines.sandbox.answers import Answer, RefusedError, document, encoded
from pipelines.sandbox.book import book_at, last_price
from pipelines.sandbox.clock import Clock
from pipelines.sandbox.feed import Series
from pipelines.sandbox.funding import settlements
from pipelines.sandbox.market import (
    DAY_MS,
    E8,
    HOUR_MS,
    MINUTE_MS,
    Candle,
    parse_e8,
    shortest,
)
from pipelines.sandbox.venues.venue import Params, last_day
from pipelines.sandbox.view import View

_API = "/api/v5/"
CANDLES_MAX, TRADES_MAX, RATES_MAX, LEVELS_MAX = 300, 100, 400, 400
RECENT_MS = 1440 * MINUTE_MS
RATES_MS = 90 * DAY_MS
_LISTED_MS = 1_611_916_828_000
_SIZES = {"BTC": "0.01"}  # what a contract that settles in dollars is of
_OTHER_SIZE = "0.1"


def venue_symbol(symbol: str) -> str:
    """`BTC-USDT-SWAP`, or `BTC-USDT-241227`, settles in dollars; `BTC-USDT`."""
    pair, _, terms = symbol.replace("/", "-").partition(":")
    return f"{pair}-{terms.partition('-')[2] or 'SWAP'}" if terms else pair


class Okx:
    """One venue; quiet minutes are flat candles of nothing."""

    exchange_id = "okx"

    def __init__(self, series: Mapping[str, Series], clock: Clock) -> None:
        self._clock = clock
        self._views = {
            venue_symbol(name): View(one, clock, fills=True)
            for name, one in series.items()
        }
        self._routes: dict[str, Callable[[Params], list[object]]] = {
            "public/time": lambda _: [{"ts": str(clock.now_ms())}],
            "public/instruments": self._instruments,
            "public/open-interest": self._open_interest,
            "public/mark-price": self._marks,
            "public/funding-rate-history": self._funding,
            "market/candles": lambda asked: self._candles(asked, RECENT_MS),
            "market/history-candles": self._candles,
            "market/trades": self._trades,
            "market/history-trades": self._trades,
            "market/books": self._book,
        }

    def answer(self, path: str, params: Params) -> Answer:
        """The answer to `/api/v5/…`."""
        route = self._routes.get(path.removeprefix(_API))
        if route is None:
            raise RefusedError(404, _error("50404", "Not Found"))
        try:
            data = route(params)
        except KeyError:
            error = _error("51001", "Instrument ID does not exist")
            raise RefusedError(200, error) from None
        return document({"code": "0", "msg": "", "data": data})

    def weight(self, path: str, params: Params) -> float:  # noqa: ARG002  # all alike
        """Every request alike."""
        return 1

    def too_many(self, retry_after_s: int, *, is_banned: bool) -> Answer:  # noqa: ARG002
        """https://www.okx.com/docs-v5/en/#error-code."""
        return Answer(429, encoded(_error("50011", "Too Many Requests")))

    def _instruments(self, params: Params) -> list[object]:
        listed = _listed_spot if params["instType"] == "SPOT" else _listed
        return [listed(name, view) for name, view in self._of(params["instType"])]

    def _of(self, kind: str) -> Iterator[tuple[str, View]]:
        for name, view in self._views.items():
            if _kind(view) == kind and view.is_listed:
                yield name, view

    def _open_interest(self, params: Params) -> list[object]:
        now_ms = self._clock.now_ms()
        asked = params.get("instId")
        of_kind = self._of(params.get("instType", "SWAP"))
        named = [(asked, self._views[asked])] if asked else of_kind
        rows: list[object] = []
        for name, view in named:
            day = last_day(view, now_ms)
            counted, other = day.volume * 3, (day.quote_volume or 0) * 3
            contracts, base, _ = _volumes(view, counted, other)
            told = {"instType": _kind(view), "instId": name, "ts": str(now_ms)}
            rows.append({**told, "oi": contracts, "oiCcy": base})
        return rows

    def _marks(self, params: Params) -> list[object]:
        """The mark is the last price: the market agrees with itself."""
        kind, now_ms = params["instType"], self._clock.now_ms()
        return [
            {
                "instType": kind,
                "instId": name,
                "markPx": shortest(last_price(view, now_ms) or 0),
                "ts": str(now_ms),
            }
            for name, view in self._of(kind)
        ]

    def _funding(self, params: Params) -> list[object]:
        """The newest first; what was paid, and what had been predicted."""
        view = self._views[params["instId"]]
        now_ms = self._clock.now_ms()
        since, until = _between(params, now_ms - RATES_MS, now_ms + 1)
        settled = [
            (due.settled_at_ms // HOUR_MS * HOUR_MS, due.rate)
            for due in settlements(view.series, since - HOUR_MS, until)
        ]
        rows: list[object] = [
            {
                "instType": "SWAP",
                "instId": params["instId"],
                "fundingRate": rate,
                "realizedRate": f"{rate}{at % 9973 + 1:06d}",
                "fundingTime": str(at),
                "method": "current_period",
            }
            for at, rate in settled
            if since <= at < until
        ]
        return rows[-_limit(params, RATES_MAX) :][::-1]

    def _candles(self, params: Params, reach_ms: int | None = None) -> list[object]:
        """The newest of those between `before` and `after`, newest first."""
        view = self._views[params["instId"]]
        now_ms = self._clock.now_ms()
        since, until = _between(params, now_ms - RECENT_MS, now_ms + 1)
        if reach_ms is not None:
            since = max(since, now_ms - reach_ms)
        rows = list(view.buckets(since, until, MINUTE_MS))
        newest = rows[-_limit(params, CANDLES_MAX) :][::-1]
        return [_candle(view, row, now_ms) for row in newest]

    def _trades(self, params: Params) -> list[object]:
        """The newest below the id `after`, newest first."""
        view, after = self._views[params["instId"]], params.get("after")
        until = None
        if after is not None:
            until = (view.series.day_of_trade(int(after)) + 1) * DAY_MS
        older = (
            trade
            for trade in view.trades_backwards(until)
            if after is None or trade.trade_id < int(after)
        )
        return [
            {
                "instId": params["instId"],
                "tradeId": str(trade.trade_id),
                "px": shortest(trade.price),
                "sz": _counted(view, trade.amount),
                "side": trade.side,
                "source": "0",
                "ts": str(trade.traded_at_ms),
            }
            for trade in islice(older, _limit(params, TRADES_MAX))
        ]

    def _book(self, params: Params) -> list[object]:
        view, now_ms = self._views[params["instId"]], self._clock.now_ms()
        book = book_at(view, now_ms, min(int(params.get("sz", 1)), LEVELS_MAX))
        sides = {"asks": book.asks, "bids": book.bids}
        levels = {
            side: [
                [shortest(price), _counted(view, amount), "0", str(orders)]
                for price, amount, orders in rows
            ]
            for side, rows in sides.items()
        }
        return [{**levels, "ts": str(now_ms), "seqId": book.version}]


def _between(params: Params, since_ms: int, until_ms: int) -> tuple[int, int]:
    """Half-open; `before` and `after` leave out the stamp they name."""
    since = int(params["before"]) + 1 if "before" in params else since_ms
    return since, min(int(params.get("after", until_ms)), until_ms)


def _limit(params: Params, most: int) -> int:
    return min(int(params.get("limit", 100)), most)


def _is_spot(view: View) -> bool:
    return view.instrument.settle is None


def _kind(view: View) -> str:
    if _is_spot(view):
        return "SPOT"
    return "FUTURES" if view.instrument.expiry else "SWAP"


def _is_linear(view: View) -> bool:
    return view.instrument.contract_size is None


def _size(view: View) -> str:
    """What a contract is of: of the base, or of the quote."""
    if _is_linear(view):
        return _SIZES.get(view.instrument.base, _OTHER_SIZE)
    return str(view.instrument.contract_size)


def _counted(view: View, amount: int) -> str:
    """An amount as the market counts it: contracts, or the base of spot."""
    if _is_spot(view) or not _is_linear(view):
        return shortest(amount)
    return shortest(amount * E8 // parse_e8(_size(view)))


def _volumes(view: View, counted: int, other: int) -> tuple[str, str, str]:
    """Contracts, base and quote; of spot the base, and twice the quote."""
    if _is_spot(view):
        return shortest(counted), shortest(other), shortest(other)
    if _is_linear(view):
        return _counted(view, counted), shortest(counted), shortest(other)
    return shortest(counted), shortest(other), shortest(counted * int(_size(view)))


def _candle(view: View, row: Candle, now_ms: int) -> list[str]:
    prices = (row.open, row.high, row.low, row.close)
    volumes = _volumes(view, row.base_volume, row.quote_volume or 0)
    is_over = row.opened_at_ms + MINUTE_MS <= now_ms
    stamp = str(row.opened_at_ms)
    return [stamp, *map(shortest, prices), *volumes, str(int(is_over))]


def _listed(name: str, view: View) -> dict[str, object]:
    one = view.instrument
    delivery = str(view.series.ended_at_ms) if one.expiry else ""
    return {
        "instType": _kind(view),
        "instId": name,
        "uly": f"{one.base}-{one.quote}",
        "instFamily": f"{one.base}-{one.quote}",
        **dict.fromkeys(("baseCcy", "quoteCcy", "optType", "stk"), ""),
        "expTime": delivery,
        "settleCcy": one.settle,
        "ctVal": _size(view),
        "ctMult": "1",
        "ctValCcy": one.base if _is_linear(view) else one.quote,
        "ctType": "linear" if _is_linear(view) else "inverse",
        "listTime": str(_LISTED_MS),
        "lever": "100",
        "tickSz": shortest(one.tick),
        "lotSz": _counted(view, one.lot),
        "minSz": _counted(view, one.lot),
        "alias": "",
        "state": "live" if one.is_active else "suspend",
        "ruleType": "normal",
    }


def _listed_spot(name: str, view: View) -> dict[str, object]:
    one = view.instrument
    of_contracts = ("uly", "instFamily", "settleCcy", "ctVal", "ctMult", "ctValCcy")
    return {
        "instType": "SPOT",
        "instId": name,
        "baseCcy": one.base,
        "quoteCcy": one.quote,
        **dict.fromkeys((*of_contracts, "ctType", "expTime", "optType", "stk"), ""),
        "listTime": str(_LISTED_MS),
        "lever": "10",
        "tickSz": shortest(one.tick),
        "lotSz": shortest(one.lot),
        "minSz": shortest(one.lot),
        "alias": "",
        "state": "live" if one.is_active else "suspend",
        "ruleType": "normal",
    }


def _error(code: str, message: str) -> dict[str, object]:
    return {"code": code, "msg": message, "data": []}
