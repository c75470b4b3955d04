"""The listings of venues, as small as they may be: an odd market before a good one."""

from typing import Any

BINANCE = {
    "symbol": "{base}{quote}",
    "status": "TRADING",
    "baseAsset": "{base}",
    "quoteAsset": "{quote}",
    "filters": [],
}
KRAKEN = {
    "altname": "{base}{quote}",
    "base": "{base}",
    "quote": "{quote}",
    "status": "online",
    "pair_decimals": 1,
    "lot_decimals": 8,
}
COINBASE = {
    "id": "{base}-{quote}",
    "base_currency": "{base}",
    "quote_currency": "{quote}",
    "quote_increment": "0.01",
    "base_increment": "0.001",
    "status": "online",
}


def _market(shape: dict[str, Any], base: str, quote: str = "USD") -> dict[str, Any]:
    return {
        name: value.format(base=base, quote=quote) if isinstance(value, str) else value
        for name, value in shape.items()
    }


def listed(venue: str, cells: dict[str, Any]) -> Any:
    """The venue's listing of BTC/USD with these cells, and of ETH/USD."""
    shapes: dict[str, dict[str, Any]]
    shapes = {"binance": BINANCE, "kraken": KRAKEN, "coinbase": COINBASE}
    shape = shapes[venue]
    markets = [_market(shape, "BTC") | cells, _market(shape, "ETH")]
    if venue == "binance":
        return {"symbols": markets}
    if venue == "kraken":
        return {"error": [], "result": dict(zip(("A", "B"), markets, strict=True))}
    return markets
