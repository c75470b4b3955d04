"""Deribit's REST: perpetuals that settle in their base or in USDC, and options.

https://docs.deribit.com/api-reference/market-data/public-get_instruments
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import dropwhile, islice

from pipelines.sandbox.answers import Answer, RefusedError, document, encoded
from pipelines.sandbox.clock import Clock
from pipelines.sandbox.feed import Series
from pipelines.sandbox.funding import settlements
from pipelines.sandbox.market import DAY_MS, MINUTE_MS, Trade
from pipelines.sandbox.venues import deribit_market as bodies
from pipelines.sandbox.venues.deribit_options import Option, options
from pipelines.sandbox.venues.venue import Params, recorded_book
from pipelines.sandbox.view import View

_API = "/api/v2/public/"
CANDLES_MAX = 5000
TRADES_MAX = 1000
RATES_MAX = 744
LISTING_WEIGHT = 20
FUNDING_HOURS = 1
_RESOLUTIONS = {"1": 1, "5": 5, "60": 60, "1D": 1440}
INVALID = (-32602, "Invalid params")
UNKNOWN = (-32601, "Method not found")
TOO_MANY = (10028, "too_many_requests")


def venue_symbol(symbol: str) -> str:
    """`BTC-PERPETUAL` settles in bitcoin, `BTC_USDC-PERPETUAL` in USDC."""
    pair, _, settle = symbol.partition(":")
    base, quote = pair.split("/")
    return f"{base}-PERPETUAL" if settle == base else f"{base}_{quote}-PERPETUAL"


class Deribit:
    """One venue; quiet minutes are flat candles of nothing."""

    exchange_id = "deribit"

    def __init__(self, series: Mapping[str, Series], clock: Clock) -> None:
        self._clock = clock
        self._views = {
            venue_symbol(name): View(one, clock, fills=True)
            for name, one in series.items()
        }
        self._routes: dict[str, Callable[[Params], object]] = {
            "get_time": lambda _: clock.now_ms(),
            "get_currencies": self._currencies,
            "get_instruments": self._instruments,
            "get_tradingview_chart_data": self._candles,
            "get_last_trades_by_instrument": self._trades,
            "get_last_trades_by_instrument_and_time": self._trades,
            "get_funding_rate_history": self._funding,
            "get_book_summary_by_currency": self._summaries,
            "get_book_summary_by_instrument": self._summary,
            "ticker": self._ticker,
            "get_order_book": self._order_book,
        }

    def answer(self, path: str, params: Params) -> Answer:
        """The answer to `/api/v2/public/…`."""
        name = path.removeprefix(_API)
        if name not in self._routes:
            raise _refused(*UNKNOWN)
        now_ms = self._clock.now_ms()
        view = self._views.get(params.get("instrument_name", ""))
        if name == "get_order_book" and view is not None:
            recorded = recorded_book(view, now_ms)
            if recorded is not None:
                return recorded
        try:
            result = self._routes[name](params)
        except (KeyError, ValueError):
            raise _refused(*INVALID) from None
        stamps = {"usIn": now_ms * 1000, "usOut": now_ms * 1000, "usDiff": 0}
        return document({"jsonrpc": "2.0", "result": result, "testnet": False} | stamps)

    def weight(self, path: str, params: Params) -> float:  # noqa: ARG002  # of no other
        """A listing costs as much as twenty others."""
        return LISTING_WEIGHT if path.endswith("/get_instruments") else 1

    def too_many(
        self,
        retry_after_s: int,  # noqa: ARG002  # it says neither
        *,
        is_banned: bool,  # noqa: ARG002
    ) -> Answer:
        """https://docs.deribit.com/articles/rate-limits."""
        return Answer(429, encoded(_error(*TOO_MANY)))

    @property
    def _options(self) -> Mapping[str, Option]:
        now_ms = self._clock.now_ms()
        views = [v for v in self._views.values() if v.instrument.contract_size]
        return {one.name: one for view in views for one in options(view, now_ms)}

    def _named(self, params: Params) -> View | Option:
        """What is asked about; a KeyError where it is nothing."""
        name = params["instrument_name"]
        return self._views.get(name) or self._options[name]

    def _currencies(self, _: Params) -> list[object]:
        settled = {str(view.instrument.settle) for view in self._views.values()}
        return [{"currency": one, "currency_long": one} for one in sorted(settled)]

    def _instruments(self, _: Params) -> list[object]:
        contracts = [bodies.perpetual(name, v) for name, v in self._views.items()]
        return [*contracts, *map(bodies.option, self._options.values())]

    def _candles(self, params: Params) -> object:
        """The newest of the span, both ends inside."""
        view = self._named(params)
        interval = _RESOLUTIONS[params["resolution"]] * MINUTE_MS
        since, until = self._span(params)
        if isinstance(view, Option):
            return bodies.candles([], is_inverse=False)
        rows = list(view.buckets(since, until, interval))[-CANDLES_MAX:]
        is_inverse = view.instrument.contract_size is not None
        return bodies.candles(rows, is_inverse=is_inverse)

    def _trades(self, params: Params) -> object:
        """From a sequence number or a stamp on, else the newest."""
        view = self._named(params)
        count = min(int(params.get("count", 10)), TRADES_MAX)
        if isinstance(view, Option):
            return {"trades": [], "has_more": False}
        if "start_seq" in params:
            first = int(params["start_seq"])
            day = view.series.day_of_trade(first)
            since_ms = max(day * DAY_MS, view.series.first_opened_at_ms)
            found: Iterator[Trade] = dropwhile(
                lambda one: one.trade_id < first, view.trades_forwards(since_ms)
            )
        elif "start_timestamp" in params:
            found = view.trades_forwards(int(params["start_timestamp"]))
        else:
            found = view.trades_backwards()
        rows = [bodies.trade(view, one) for one in islice(found, count + 1)]
        return {"trades": rows[:count], "has_more": len(rows) > count}

    def _funding(self, params: Params) -> object:
        """The newest of the span."""
        view = self._views[params["instrument_name"]]
        due = list(settlements(view.series, *self._span(params), FUNDING_HOURS))
        return [bodies.funding(view, one) for one in due[-RATES_MAX:]]

    def _span(self, params: Params) -> tuple[int, int]:
        """Half-open, and not beyond now."""
        since, until = int(params["start_timestamp"]), int(params["end_timestamp"])
        return since, min(until, self._clock.now_ms()) + 1

    def _summaries(self, params: Params) -> object:
        currency, kind = params["currency"], params.get("kind", "any")
        asked: Sequence[View | Option] = [
            *(self._views.values() if kind in ("future", "any") else ()),
            *(self._options.values() if kind in ("option", "any") else ()),
        ]
        now_ms = self._clock.now_ms()
        return [
            bodies.summary(one, now_ms)
            for one in asked
            if _contract(one).instrument.settle == currency
        ]

    def _summary(self, params: Params) -> object:
        return [bodies.summary(self._named(params), self._clock.now_ms())]

    def _ticker(self, params: Params) -> object:
        return bodies.ticker(self._named(params), self._clock.now_ms())

    def _order_book(self, params: Params) -> object:
        depth = int(params.get("depth", 5))
        return bodies.order_book(self._named(params), self._clock.now_ms(), depth)


def _contract(one: View | Option) -> View:
    return one.view if isinstance(one, Option) else one


def _error(code: int, message: str) -> dict[str, object]:
    error = {"code": code, "message": message}
    return {"jsonrpc": "2.0", "error": error, "testnet": False}


def _refused(code: int, message: str) -> RefusedError:
    return RefusedError(400, _error(code, message))
