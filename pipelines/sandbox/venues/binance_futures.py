"""Binance's contracts: USD-M (settled in the quote) and COIN-M (in the base).

https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Exchange-Information
https://developers.binance.com/docs/derivatives/coin-margined-futures/market-data/rest-api/Exchange-Information
…/rest-api/Get-Funding-Rate-History (of both)
"""

from collections.abc import Callable, Mapping

from pipelines.sandbox.answers import Answer, document, page
from pipelines.sandbox.clock import Clock
from pipelines.sandbox.feed import Series
from pipelines.sandbox.funding import settlements
from pipelines.sandbox.market import DAY_MS, MINUTE_MS, Instrument
from pipelines.sandbox.pages import Render
from pipelines.sandbox.venues import binance_contract_quotes
from pipelines.sandbox.venues.binance_contract_listing import exchange_info, trading
from pipelines.sandbox.venues.binance_klines import aggregates, klines, span
from pipelines.sandbox.venues.binance_names import (
    market_of,
    venue_symbol,
)
from pipelines.sandbox.venues.binance_parameters import (
    interval_ms,
    limited,
    refused,
    required,
    whole,
)
from pipelines.sandbox.venues.binance_statistics import (
    CANDLES,
    FIVE_MINUTES_MS,
    STATISTICS,
    Contract,
    candle_row,
)
from pipelines.sandbox.venues.venue import Instruments, Params
from pipelines.sandbox.view import View

_MARKETS = {"/fapi/v1/": "um", "/dapi/v1/": "cm"}
_STATISTICS = "/futures/data/"  # of both: COIN-M's are of a `pair`
_KEPT_DAYS = 30


class Futures:
    """USD-M and COIN-M, each below a root of its own."""

    def __init__(
        self,
        series: Mapping[str, Series],
        clock: Clock,
        spot: Mapping[str, View],
        render: Callable[[Instrument], Render],
    ) -> None:
        self._series, self._clock = series, clock
        contracts = {name: one for name, one in series.items() if ":" in name}
        self._instruments = Instruments(contracts, clock, render, fills=True)
        self._contracts = {
            market: {
                venue_symbol(symbol): Contract(view, spot.get(_index(view), view))
                for symbol, view in self._instruments.views.items()
                if market_of(symbol) == market
            }
            for market in _MARKETS.values()
        }

    def answer(self, path: str, params: Params) -> Answer | None:
        """The answer to a path of the futures' own APIs; None: it is none of theirs."""
        if path.startswith(_STATISTICS):
            return self._statistics(path.removeprefix(_STATISTICS), params)
        for root, market in _MARKETS.items():
            if path.startswith(root):
                return self._answer(path.removeprefix(root), market, params)
        return None

    def _answer(self, endpoint: str, market: str, params: Params) -> Answer | None:
        now_ms, series = self._clock.now_ms(), self._series
        if endpoint in CANDLES:
            return self._candles(endpoint, market, params)
        bodies: dict[str, Callable[[], Answer]] = {
            "ping": lambda: document({}),
            "time": lambda: document({"serverTime": now_ms}),
            "exchangeInfo": lambda: document(exchange_info(series, market, now_ms)),
            "fundingRate": lambda: document(
                funding_rates(params, series, market, now_ms)
            ),
            "openInterest": lambda: document(
                self._named(params, market).open_interest_now(now_ms)
            ),
            "premiumIndex": lambda: document(self._premium_index(market, params)),
            "klines": lambda: page(
                klines(
                    self._instruments,
                    self._named(params, market).view.instrument.symbol,
                    params,
                    self._clock,
                )
            ),
            "aggTrades": lambda: page(
                aggregates(self._named(params, market).view, params)
            ),
        }
        if endpoint in bodies:
            return bodies[endpoint]()
        body = binance_contract_quotes.answered(
            endpoint, market, params, self._instruments.views, now_ms
        )
        return None if body is None else document(body)

    def _named(self, params: Params, market: str) -> Contract:
        """The contract of the parameter `symbol`, or the perpetual one of `pair`."""
        name = params.get("pair") or required(params, "symbol")
        of_market = self._contracts[market]
        found = of_market.get(name) or of_market.get(f"{name}_PERP")
        if found is None:
            raise refused(-1121, "Invalid symbol.")
        return found

    def _premium_index(self, market: str, params: Params) -> object:
        now_ms = self._clock.now_ms()
        if "symbol" in params:
            body = self._named(params, market).premium_index(now_ms)
            return body if market == "um" else [body]
        listed = {
            venue_symbol(one.instrument.symbol)
            for one in trading(self._series.values(), market, now_ms)
        }
        contracts = self._contracts[market].items()
        return [one.premium_index(now_ms) for name, one in contracts if name in listed]

    def _statistics(self, endpoint: str, params: Params) -> Answer | None:
        """Rows of each five minutes, ascending; the newest where no start is named."""
        if endpoint not in STATISTICS:
            return None
        market = "cm" if "pair" in params else "um"
        one = self._named(params, market)
        if required(params, "period") != "5m":
            raise refused(-1130, "Data sent for parameter 'period' is not valid.")
        now_ms, limit = self._clock.now_ms(), limited(params, 30, 500)
        start, until = span(params)
        if start is not None and start < now_ms - _KEPT_DAYS * DAY_MS:
            raise refused(-1130, "parameter 'startTime' is invalid.")
        until = min(until, now_ms + 1)
        first = until - limit * FIVE_MINUTES_MS if start is None else start
        first = max(first, one.view.series.first_opened_at_ms)
        stamps = range(-(-first // FIVE_MINUTES_MS) * FIVE_MINUTES_MS, until,
                       FIVE_MINUTES_MS)  # fmt: skip
        return document([STATISTICS[endpoint](one, at) for at in stamps[:limit]])

    def _candles(self, endpoint: str, market: str, params: Params) -> Answer:
        one, limit = self._named(params, market), limited(params, 500, 1500)
        if interval_ms(params) != MINUTE_MS:
            raise refused(-1120, "Invalid interval.")
        start, until = span(params)
        until = min(until, self._clock.now_ms() + 1)
        first = until - limit * MINUTE_MS if start is None else start
        until = min(until, first + limit * MINUTE_MS)
        rows = CANDLES[endpoint](one, first, until)
        return document([candle_row(*row) for row in rows])


def _index(view: View) -> str:
    """The spot pair that the index is the price of."""
    one = view.instrument
    return f"{one.base}/{'USDT' if one.quote == 'USD' else one.quote}"


def is_futures(path: str) -> bool:
    """Whether a path is of the futures, which have budgets of their own."""
    return path.startswith((*_MARKETS, _STATISTICS))


def funding_rates(
    params: Params, series: Mapping[str, Series], market: str, now_ms: int
) -> list[dict[str, object]]:
    """Settlements ascending, both ends inclusive; the newest where none is named.

    The mark price is empty, as the venue sends it of its oldest rows.
    """
    one = _named(required(params, "symbol"), series, market)
    start, end = whole(params, "startTime"), whole(params, "endTime")
    limit = limited(params, 100, 1000)
    until = now_ms + 1 if end is None else min(end, now_ms) + 1
    if one.instrument.expiry:
        return []  # dated contracts have no funding
    settled = settlements(one, max(0, (start or 0) - MINUTE_MS), until)
    rows = [row for row in settled if start is None or row.settled_at_ms >= start]
    rows = [row for row in rows if row.settled_at_ms < until]
    return [
        {
            "symbol": params["symbol"],
            "fundingTime": row.settled_at_ms,
            "fundingRate": row.rate,
            **({"markPrice": ""} if market == "um" else {}),
        }
        for row in (rows[-limit:] if start is None else rows[:limit])
    ]


def _named(name: str, series: Mapping[str, Series], market: str) -> Series:
    for one in series.values():
        symbol = one.instrument.symbol
        if market_of(symbol) == market and venue_symbol(symbol) == name:
            return one
    raise refused(-1121, "Invalid symbol.")
