"""Books and tickers of Binance's contracts, as those of its spot pairs, and intervals.

https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Order-Book
https://developers.binance.com/docs/derivatives/coin-margined-futures/market-data/rest-api/Order-Book
…/rest-api/Symbol-Order-Book-Ticker, …/rest-api/24hr-Ticker-Price-Change-Statistics
…/rest-api/Get-Funding-Rate-Info (of COIN-M Get-Funding-Info)
"""

import json
from collections.abc import Callable, Mapping

from pipelines.sandbox.funding import INTERVAL_HOURS
from pipelines.sandbox.venues import binance_market
from pipelines.sandbox.venues.binance_names import market_of, venue_symbol
from pipelines.sandbox.venues.binance_parameters import limited, refused, required
from pipelines.sandbox.venues.venue import Params
from pipelines.sandbox.view import View

_DEPTHS = (5, 10, 20, 50, 100, 500, 1000)


def answered(
    endpoint: str, market: str, params: Params, views: Mapping[str, View], now_ms: int
) -> object | None:
    """The body of an endpoint of a market's quotes; None: it is none of them."""
    bodies: dict[str, Callable[[View, int], dict[str, object]]] = {
        "ticker/bookTicker": book_ticker,
        "ticker/24hr": ticker_24h,
    }
    if endpoint not in {"depth", "fundingInfo", *bodies}:
        return None
    listed = {
        venue_symbol(symbol): view
        for symbol, view in views.items()
        if market_of(symbol) == market and view.is_listed
    }
    if endpoint == "fundingInfo":
        perpetual = {n: v for n, v in listed.items() if not v.instrument.expiry}
        return [funding_info(name, view, now_ms) for name, view in perpetual.items()]
    if endpoint == "depth":
        view = _named(params, listed)
        recorded = view.series.book_at(now_ms)
        if recorded is not None:
            sent: object = json.loads(recorded)
            return sent
        return depth(view, now_ms, limited(params, 500, 1000))
    if "symbol" in params:
        body = bodies[endpoint](_named(params, listed), now_ms)
        return body if market == "um" else [body]
    return [bodies[endpoint](view, now_ms) for view in listed.values()]


def depth(view: View, now_ms: int, limit: int) -> dict[str, object]:
    """Levels from the best outwards, when they were sent, when they last changed."""
    if limit not in _DEPTHS:
        raise refused(-4021, f"'{limit}' is not valid depth limit")
    stamps: dict[str, object] = {"E": now_ms, "T": now_ms - now_ms % 100}
    symbol = view.instrument.symbol
    if market_of(symbol) == "cm":
        stamps |= {"symbol": venue_symbol(symbol), "pair": _pair(view)}
    return {**binance_market.depth(view, now_ms, limit), **stamps}


def funding_info(name: str, view: View, now_ms: int) -> dict[str, object]:
    """How often it settles: as was recorded last, or as settlements are made."""
    settled = view.series.recorded_settlements or ()
    hours = [row.interval_hours for row in settled if row.settled_at_ms <= now_ms]
    return {
        "symbol": name,
        "adjustedFundingRateCap": "0.02500000",
        "adjustedFundingRateFloor": "-0.02500000",
        "fundingIntervalHours": (hours and hours[-1]) or INTERVAL_HOURS,
        "disclaimer": False,
    }


def book_ticker(view: View, now_ms: int) -> dict[str, object]:
    """The best level of both sides."""
    update = {"lastUpdateId": binance_market.update_id(now_ms), "time": now_ms}
    return {**_renamed(binance_market.book_ticker(view, now_ms), view), **update}


def ticker_24h(view: View, now_ms: int) -> dict[str, object]:
    """The rolling day; an inverse contract has what was paid in the base."""
    body = _renamed(binance_market.ticker_24h(view, now_ms), view)
    best = ("bidPrice", "bidQty", "askPrice", "askQty", "prevClosePrice")
    kept = {key: value for key, value in body.items() if key not in best}
    if market_of(view.instrument.symbol) == "cm":
        kept["baseVolume"] = kept.pop("quoteVolume")
        kept["volume"] = str(kept["volume"]).partition(".")[0]
    return kept


def _renamed(body: Mapping[str, object], view: View) -> dict[str, object]:
    symbol = view.instrument.symbol
    pair = {"pair": _pair(view)} if market_of(symbol) == "cm" else {}
    return {**body, "symbol": venue_symbol(symbol), **pair}


def _pair(view: View) -> str:
    return view.instrument.base + view.instrument.quote


def _named(params: Params, listed: Mapping[str, View]) -> View:
    name = required(params, "symbol")
    if name not in listed:
        raise refused(-1121, "Invalid symbol.")
    return listed[name]
