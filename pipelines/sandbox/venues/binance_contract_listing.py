"""Binance's listings of contracts: USD-M and COIN-M.

https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Exchange-Information
https://developers.binance.com/docs/derivatives/coin-margined-futures/market-data/rest-api/Exchange-Information
"""

from collections.abc import Iterable, Mapping

from pipelines.sandbox.feed import Series
from pipelines.sandbox.market import DAY_MS, E8, Instrument, fixed
from pipelines.sandbox.venues.binance_limits import rate_limits
from pipelines.sandbox.venues.binance_names import (
    delivered_at_ms,
    market_of,
    venue_symbol,
)

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


def exchange_info(
    series: Mapping[str, Series], market: str, now_ms: int
) -> dict[str, object]:
    """The whole body: the contracts of a market that trade now."""
    symbols = [_symbol(one, now_ms) for one in trading(series.values(), market, now_ms)]
    return {
        "timezone": "UTC",
        "serverTime": now_ms,
        "rateLimits": rate_limits(_WEIGHT_LIMIT),
        "exchangeFilters": [],
        **({"assets": []} if market == "um" else {}),
        "symbols": symbols,
    }


def trading(series: Iterable[Series], market: str, now_ms: int) -> Iterable[Series]:
    """The contracts of a market that are listed then."""
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
