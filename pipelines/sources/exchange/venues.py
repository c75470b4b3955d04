"""The venues as data: how each is asked, what it answers, what it allows.

A venue is one declaration. Nothing else in this package knows a venue's name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

MINUTE_MS = 60_000


@dataclass(frozen=True)
class TimeParam:
    """A query parameter that carries a stamp, `offset_ms` away from the one meant."""

    name: str
    unit: Literal["ms", "s", "iso"]
    offset_ms: int = 0


@dataclass(frozen=True)
class Route:
    """An endpoint: ccxt's method for it, what a request weighs, where its facts lie."""

    method: str
    weight: int
    path: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClockRoute(Route):
    """The venue's time endpoint, for answers without a `Date` header."""

    unit_ms: int = 1


@dataclass(frozen=True)
class ListingRoute(Route):
    """The venue's listing, read through ccxt's `fetch_markets`: one request.

    `id_field` is where a listed market's id lies; None: it is the key of a mapping.
    """

    id_field: str | None = None
    status_field: str = "status"


@dataclass(frozen=True)
class CandleRoute(Route):
    """The venue's 1m candles; `{symbol}` in `path` is the venue's own symbol.

    Attributes:
        symbol_param: the parameter that names the instrument.
        fixed: parameters that do not vary.
        since: the first minute asked for.
        until: the last minute asked for; None: every answer runs to the venue's now.
        layout: our name of each cell of a row, in the venue's order; None: not kept.
        stamp_unit_ms: milliseconds in one unit of the row's stamp.
        page_candles: how many minutes one request may ask for; None: any number.
        window_candles: the venue sends only so many of the newest; None: all.
        sends_quiet_minutes: whether a minute without trades has a row.
    """

    symbol_param: str = "symbol"
    fixed: Mapping[str, str | int] = field(default_factory=dict)
    since: TimeParam = TimeParam("since", "ms")
    until: TimeParam | None = None
    layout: tuple[str | None, ...] = ()
    stamp_unit_ms: int = 1
    page_candles: int | None = None
    window_candles: int | None = None
    sends_quiet_minutes: bool = True


@dataclass(frozen=True)
class Limit:
    """What the venue allows one address: `weight` in any window of `window_s`.

    `burst` is how much of it may be spent at once; the rest flows evenly, so that no
    window of that length, wherever it starts, holds more than `weight`.
    """

    weight: int
    window_s: int
    burst: int

    def per_second(self, share: float) -> float:
        """How fast a spent burst comes back, for this share of the limit."""
        return (self.weight - self.burst) * share / self.window_s

    def capacity(self, share: float) -> float:
        """How much may be spent at once, for this share of the limit."""
        return self.burst * share


@dataclass(frozen=True)
class VenueSpec:
    """A venue: `exchange_id` is the warehouse's name, `ccxt_class` ccxt's."""

    exchange_id: str
    ccxt_class: str
    candles: CandleRoute
    listing: ListingRoute
    clock: ClockRoute
    limit: Limit
    ccxt_options: Mapping[str, Any] = field(default_factory=dict)


# https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints
# (klines: weight 2, at most 1000 rows, flat rows of volume zero for quiet minutes) and
# …/general-endpoints (exchangeInfo 20, time 1, REQUEST_WEIGHT 6000 a minute). Read
# 2026-11; look again when exchangeInfo's `rateLimits` says otherwise.
BINANCE = VenueSpec(
    exchange_id="binance",
    ccxt_class="binance",
    candles=CandleRoute(
        method="publicGetKlines",
        weight=2,
        fixed={"interval": "1m", "limit": 1000},
        since=TimeParam("startTime", "ms"),
        until=TimeParam("endTime", "ms", offset_ms=MINUTE_MS - 1),
        layout=(
            "opened_at",
            "open",
            "high",
            "low",
            "close",
            "base_volume",
            "closed_at_ms",
            "quote_volume",
            "trades_count",
            "taker_buy_base",
            "taker_buy_quote",
            None,
        ),
        page_candles=1000,
    ),
    listing=ListingRoute(
        method="publicGetExchangeInfo", weight=20, path=("symbols",), id_field="symbol"
    ),
    clock=ClockRoute(method="publicGetTime", weight=1, path=("serverTime",)),
    limit=Limit(weight=6000, window_s=60, burst=1000),
    # futures have listings of their own: a later source's
    ccxt_options={"fetchMarkets": {"types": ["spot"]}, "fetchCurrencies": False},
)

# The same API elsewhere: https://docs.binance.us (1200 a minute, as ccxt has it too;
# weights are at most Binance's).
BINANCE_US = replace(
    BINANCE,
    exchange_id="binance_us",
    ccxt_class="binanceus",
    limit=Limit(weight=1200, window_s=60, burst=200),
)

# https://docs.kraken.com/api-reference/market-data/get-ohlc-data: the newest 720
# candles whatever `since` says, the last one unfinished; `since` itself is left out,
# hence the offset (ccxt's too). Limit: about one public call a second,
# https://support.kraken.com/hc/en-us/articles/206548367
KRAKEN = VenueSpec(
    exchange_id="kraken",
    ccxt_class="kraken",
    candles=CandleRoute(
        method="publicGetOHLC",
        weight=1,
        path=("result", "{symbol}"),
        symbol_param="pair",
        fixed={"interval": 1},
        since=TimeParam("since", "s", offset_ms=-MINUTE_MS),
        layout=(
            "opened_at",
            "open",
            "high",
            "low",
            "close",
            "vwap",
            "base_volume",
            "trades_count",
        ),
        stamp_unit_ms=1000,
        window_candles=720,
    ),
    listing=ListingRoute(method="publicGetAssetPairs", weight=1, path=("result",)),
    clock=ClockRoute(
        method="publicGetTime", weight=1, path=("result", "unixtime"), unit_ms=1000
    ),
    limit=Limit(weight=60, window_s=60, burst=1),
)

# https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/products/get-product-candles
# (300 rows, newest first, `end` is inside, nothing for a quiet minute); 10 requests a
# second, https://docs.cdp.coinbase.com/exchange/rest-api/rate-limits, read 2026-11.
COINBASE = VenueSpec(
    exchange_id="coinbase",
    ccxt_class="coinbaseexchange",
    candles=CandleRoute(
        method="publicGetProductsIdCandles",
        weight=1,
        symbol_param="id",
        fixed={"granularity": 60},
        since=TimeParam("start", "iso"),
        until=TimeParam("end", "iso"),
        layout=("opened_at", "low", "high", "open", "close", "base_volume"),
        stamp_unit_ms=1000,
        page_candles=300,
        sends_quiet_minutes=False,
    ),
    listing=ListingRoute(method="publicGetProducts", weight=1, id_field="id"),
    clock=ClockRoute(method="publicGetTime", weight=1, path=("epoch",), unit_ms=1000),
    limit=Limit(weight=10, window_s=1, burst=2),
)

VENUES: Mapping[str, VenueSpec] = {
    venue.exchange_id: venue for venue in (BINANCE, BINANCE_US, COINBASE, KRAKEN)
}
