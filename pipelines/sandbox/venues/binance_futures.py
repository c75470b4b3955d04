"""Binance's contracts: listings and funding of USD-M (settled in the quote) and COIN-M.

https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Exchange-Information
https://developers.binance.com/docs/derivatives/coin-margined-futures/market-data/rest-api/Exchange-Information
…/rest-api/Get-Funding-Rate-History (of both)
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from pipelines.sandbox.feed import Series
from pipelines.sandbox.funding import settlements
from pipelines.sandbox.market import DAY_MS, E8, MINUTE_MS, Instrument, fixed
from pipelines.sandbox.venues.binance_limits import rate_limits
from pipelines.sandbox.venues.binance_names import (
    delivered_at_ms,
    market_of,
    venue_symbol,
)
from pipelines.sandbox.venues.binance_parameters import (
    limited,
    refused,
    required,
    whole,
)
from pipelines.sandbox.venues.venue import Params

_MARKETS = {"/fapi/v1/": "um", "/dapi/v1/": "cm"}

# The delivery date of what is never delivered: 2100-12-25, as the venue writes it.
_NEVER_MS = 4_133_404_800_000
_QUARTER_MS = 92 * DAY_MS
_ORDER_TYPES = (
    "LIMIT",
    "MARKET",
    "STOP",
    "STOP_MARKET",
    "TAKE_PROFIT",
    "TAKE_PROFIT_MARKET",
    "TRAILING_STOP_MARKET",
)
_WEIGHT_LIMIT = 2400


def answered(
    path: str, params: Params, series: Mapping[str, Series], now_ms: int
) -> object | None:
    """The body of a path of the futures' own APIs; None: it is none that is served."""
    for root, market in _MARKETS.items():
        bodies: dict[str, Callable[[], object]] = {
            "ping": dict,
            "time": lambda: {"serverTime": now_ms},
            "exchangeInfo": partial(exchange_info, series, market, now_ms),
            "fundingRate": partial(funding_rates, params, series, market, now_ms),
        }
        make = bodies.get(path.removeprefix(root))
        if path.startswith(root) and make:
            return make()
    return None


def is_futures(path: str) -> bool:
    """Whether a path is of the futures, which have budgets of their own."""
    return path.startswith(tuple(_MARKETS))


def exchange_info(
    series: Mapping[str, Series], market: str, now_ms: int
) -> dict[str, object]:
    """The whole body: the contracts of a market that trade now."""
    symbols = [
        _symbol(one, now_ms) for one in _trading(series.values(), market, now_ms)
    ]
    return {
        "timezone": "UTC",
        "serverTime": now_ms,
        "rateLimits": rate_limits(_WEIGHT_LIMIT),
        "exchangeFilters": [],
        **({"assets": []} if market == "um" else {}),
        "symbols": symbols,
    }


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
            "fundingRate": fixed(row.rate),
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


def _trading(series: Iterable[Series], market: str, now_ms: int) -> Iterable[Series]:
    for one in series:
        ended = one.ended_at_ms if one.instrument.expiry else None
        is_listed = one.first_day * DAY_MS <= now_ms < (ended or 1 << 62)
        if market_of(one.instrument.symbol) == market and is_listed:
            yield one


def _symbol(series: Series, now_ms: int) -> dict[str, object]:
    one = series.instrument
    is_linear = one.contract_size is None
    delivery = delivered_at_ms(one.expiry) if one.expiry else _NEVER_MS
    own: dict[str, object] = {"status": "TRADING"}
    if not is_linear:
        own = {
            "contractStatus": "TRADING",
            "contractSize": one.contract_size,
            "equalQtyPrecision": 4,
        }
    return {
        "symbol": venue_symbol(one.symbol),
        "pair": one.base + one.quote,
        "contractType": _contract_type(one, delivery, now_ms),
        "deliveryDate": delivery,
        "onboardDate": series.first_day * DAY_MS,
        **own,
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": one.base,
        "quoteAsset": one.quote,
        "marginAsset": one.settle,
        "pricePrecision": one.price_decimals,
        "quantityPrecision": one.amount_decimals,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": ["PoW"],
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012500",
        "marketTakeBound": "0.05",
        "filters": _filters(one),
        "orderTypes": _ORDER_TYPES,
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
    }


def _contract_type(one: Instrument, delivery_ms: int, now_ms: int) -> str:
    if one.expiry is None:
        return "PERPETUAL"
    is_next = delivery_ms - now_ms > _QUARTER_MS
    return "NEXT_QUARTER" if is_next else "CURRENT_QUARTER"


def _filters(one: Instrument) -> list[dict[str, object]]:
    tick = fixed(one.tick, one.price_decimals)
    lot = fixed(one.lot, one.amount_decimals)
    filters: list[dict[str, object]] = [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": tick,
            "maxPrice": fixed(1_000_000 * E8, one.price_decimals),
            "tickSize": tick,
        },
        {"filterType": "LOT_SIZE", "minQty": lot, "maxQty": "1000", "stepSize": lot},
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": lot,
            "maxQty": "120",
            "stepSize": lot,
        },
        {"filterType": "MAX_NUM_ORDERS", "limit": 200},
        {
            "filterType": "PERCENT_PRICE",
            "multiplierUp": "1.0500",
            "multiplierDown": "0.9500",
            "multiplierDecimal": "4",
        },
    ]
    if one.contract_size is None:
        filters.append({"filterType": "MIN_NOTIONAL", "notional": "100"})
    return filters
