"""Kraken's listings of assets and pairs.

https://docs.kraken.com/api-reference/market-data/get-asset-info
https://docs.kraken.com/api-reference/market-data/get-tradable-asset-pairs
"""

from pipelines.sandbox.market import Instrument, fixed
from pipelines.sandbox.venues import kraken_names

_FIAT = ("AUD", "CAD", "EUR", "GBP", "JPY", "USD")
_FEES = [[0, 0.4], [10000, 0.35], [50000, 0.24], [100000, 0.22], [250000, 0.2]]
_FEES_MAKER = [[0, 0.25], [10000, 0.2], [50000, 0.14], [100000, 0.12], [250000, 0.08]]


def asset(code: str) -> dict[str, object]:
    """An entry of `Assets`."""
    is_fiat = code in _FIAT
    return {
        "aclass": "currency",
        "altname": kraken_names.altname(code),
        "decimals": 4 if is_fiat else 10,
        "display_decimals": 2 if is_fiat else 5,
        "collateral_value": 1.0,
        "status": "enabled",
        "margin_rate": 0.02,
    }


def pair(instrument: Instrument, lot_decimals: int) -> dict[str, object]:
    """An entry of `AssetPairs`."""
    symbol = instrument.symbol
    return {
        "altname": kraken_names.pair_altname(symbol),
        "wsname": kraken_names.wsname(symbol),
        "aclass_base": "currency",
        "base": kraken_names.asset_id(instrument.base),
        "aclass_quote": "currency",
        "quote": kraken_names.asset_id(instrument.quote),
        "lot": "unit",
        "cost_decimals": 8,
        "pair_decimals": instrument.price_decimals,
        "lot_decimals": lot_decimals,
        "lot_multiplier": 1,
        "leverage_buy": [2, 3],
        "leverage_sell": [2, 3],
        "fees": _FEES,
        "fees_maker": _FEES_MAKER,
        "fee_volume_currency": "ZUSD",
        "margin_call": 80,
        "margin_stop": 40,
        "ordermin": fixed(instrument.lot * 10, lot_decimals),
        "costmin": "0.5",
        "tick_size": fixed(instrument.tick, instrument.price_decimals),
        "status": "online" if instrument.is_active else "cancel_only",
        "long_position_limit": 300,
        "short_position_limit": 300,
    }
