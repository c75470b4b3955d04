"""What the two addresses of Binance's format charge for a request, and their limit.

https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits
https://github.com/binance-us/binance-us-api-docs/blob/master/rest-api.md
"""

from dataclasses import dataclass

from pipelines.sandbox.answers import Answer, encoded
from pipelines.sandbox.venues.venue import Params


@dataclass(frozen=True)
class Address:
    """What differs between the two addresses that speak this format."""

    exchange_id: str
    weight_limit: int
    weights: dict[str, int]
    depth_weights: tuple[tuple[int, int], ...]
    all_symbols_weights: dict[str, int]
    has_futures: bool


# https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints
BINANCE = Address(
    "binance",
    6000,
    {
        "exchangeInfo": 20,
        "klines": 2,
        "uiKlines": 2,
        "trades": 25,
        "historicalTrades": 25,
        "aggTrades": 4,
        "ticker/24hr": 2,
        "ticker/price": 2,
        "ticker/bookTicker": 2,
    },
    ((100, 5), (500, 25), (1000, 50), (5000, 250)),
    {"ticker/24hr": 80, "ticker/price": 4, "ticker/bookTicker": 4},
    has_futures=True,
)
BINANCE_US = Address(
    "binance_us",
    1200,
    {"exchangeInfo": 10, "historicalTrades": 5},
    ((100, 1), (500, 5), (1000, 10), (5000, 50)),
    {"ticker/24hr": 40, "ticker/price": 2, "ticker/bookTicker": 2},
    has_futures=False,
)


def rate_limits(weight_limit: int) -> list[dict[str, object]]:
    """The limits that a listing names."""
    kind = {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1}
    return [{**kind, "limit": weight_limit}]


def weight(address: Address, endpoint: str, params: Params) -> int:
    """The documented weight of a request."""
    if endpoint == "depth":
        limit = int(params["limit"]) if params.get("limit", "").isdigit() else 100
        steps = address.depth_weights
        return next((cost for most, cost in steps if limit <= most), steps[-1][1])
    if endpoint in address.all_symbols_weights and "symbol" not in params:
        return address.all_symbols_weights[endpoint]
    return address.weights.get(endpoint, 1)


def too_many(
    address: Address, now_ms: int, retry_after_s: int, *, is_banned: bool
) -> Answer:
    """429, and 418 for a client that does not stop; `Retry-After` tells until when."""
    until = now_ms + retry_after_s * 1000
    text = (
        f"Way too much request weight used; IP banned until {until}. Please use "
        "WebSocket Streams for live updates to avoid bans."
        if is_banned
        else "Too much request weight used; current limit is "
        f"{address.weight_limit} request weight per 1 MINUTE. Please use "
        "WebSocket Streams for live updates to avoid polling the API."
    )
    return Answer(418 if is_banned else 429, encoded({"code": -1003, "msg": text}))
