"""Kraken's own names: X and Z before its oldest assets, XBT for BTC, XDG for DOGE.

https://docs.kraken.com/api-reference/market-data/get-asset-info
"""

_ALTNAMES = {"BTC": "XBT", "DOGE": "XDG"}
_X = ("ETC", "ETH", "LTC", "MLN", "REP", "XBT", "XDG", "XLM", "XMR", "XRP", "ZEC")
_Z = ("AUD", "CAD", "EUR", "GBP", "JPY", "USD")
# Of the pairs with a Z in one name only, this one carries it in its id.
_IDS = {"USDT/USD": "USDTZUSD"}


def altname(asset: str) -> str:
    """The short name: `XBT`."""
    return _ALTNAMES.get(asset, asset)


def asset_id(asset: str) -> str:
    """The key under `Assets`: `XXBT`, `ZUSD`, `USDT`."""
    name = altname(asset)
    prefix = "X" if name in _X else "Z" if name in _Z else ""
    return prefix + name


def pair_id(symbol: str) -> str:
    """The key under `AssetPairs`: `XXBTZUSD`, `XBTUSDT`, `USDTZUSD`."""
    base, quote = symbol.split("/")
    if symbol in _IDS:
        return _IDS[symbol]
    if altname(base) in _X and altname(quote) in (*_X, *_Z):
        return asset_id(base) + asset_id(quote)
    return altname(base) + altname(quote)


def pair_altname(symbol: str) -> str:
    """The short name of a pair: `XBTUSD`."""
    base, quote = symbol.split("/")
    return altname(base) + altname(quote)


def names_of(symbol: str) -> tuple[str, ...]:
    """Every name by which a request may ask for a pair."""
    return pair_id(symbol), pair_altname(symbol), wsname(symbol)


def wsname(symbol: str) -> str:
    """The websocket's name of a pair: `XBT/USD`."""
    base, quote = symbol.split("/")
    return f"{altname(base)}/{altname(quote)}"
