"""What the generated feed lists: assets, their levels, and who quotes them in what."""

from collections.abc import Sequence
from typing import NamedTuple

from pipelines.sandbox.clock import parse_instant
from pipelines.sandbox.generated import LISTED_AT_MS, Pair
from pipelines.sandbox.market import Instrument, parse_e8


class Asset(NamedTuple):
    """An asset's dollar level and grid; orders a minute where it trades most."""

    asset: str
    price: str
    swing: str
    price_decimals: int
    amount_decimals: int
    orders_per_minute: float
    lots: int
    listed_at: str | None = None


# Price and amount decimals sum to at most 8, so that a quote volume is exact in 8
# decimals, as it is on Binance; swings keep a price positive for ever.
ASSETS = (
    Asset("BTC", "42000", "18000", 2, 5, 4.0, 20_000),
    Asset("ETH", "2400", "1100", 2, 4, 3.0, 30_000),
    Asset("SOL", "95", "45", 2, 3, 2.0, 40_000),
    Asset("XRP", "0.62", "0.28", 4, 0, 2.0, 4_000),
    Asset("ADA", "0.45", "0.2", 4, 1, 1.2, 30_000),
    Asset("DOGE", "0.11", "0.05", 5, 0, 1.2, 20_000),
    Asset("LTC", "78", "30", 2, 3, 1.0, 6_000),
    Asset("LINK", "14", "6", 3, 2, 1.0, 6_000),
    Asset("AVAX", "28", "13", 2, 2, 0.8, 3_000),
    Asset("DOT", "6.4", "2.9", 3, 2, 0.8, 9_000),
    Asset("UNI", "7.1", "3", 3, 2, 0.6, 6_000),
    Asset("ATOM", "9.2", "4", 3, 2, 0.5, 5_000),
    Asset("ARB", "1.1", "0.5", 4, 1, 0.5, 9_000, "2023-03-23"),
    Asset("USDC", "1", "0.004", 4, 0, 1.5, 30_000),
    Asset("USDT", "1", "0.004", 4, 0, 1.5, 30_000),
)

_MAJORS = ("BTC", "ETH", "SOL", "XRP")
_COINS = tuple(a.asset for a in ASSETS if a.asset not in {"USDC", "USDT"})

# (quote, bases, share of the asset's orders that trade in it)
_VENUES: dict[str, tuple[tuple[str, Sequence[str], float], ...]] = {
    "binance": (("USDT", (*_COINS, "USDC"), 1.0), ("USDC", _MAJORS, 0.3)),
    "binance_us": (("USDT", (*_MAJORS, "USDC"), 0.4), ("USD", _MAJORS, 0.2)),
    "kraken": (
        ("USD", (*_COINS, "USDC", "USDT"), 0.6),
        ("USDT", _MAJORS, 0.2),
        ("USDC", _MAJORS[:2], 0.15),
    ),
    "coinbase": (("USD", (*_COINS, "USDT"), 0.7), ("USDT", _MAJORS[:3], 0.2)),
}


def _pair(asset: Asset, quote: str, share: float) -> Pair:
    instrument = Instrument(
        f"{asset.asset}/{quote}", asset.price_decimals, asset.amount_decimals
    )
    listed = parse_instant(asset.listed_at) if asset.listed_at else LISTED_AT_MS
    return Pair(
        instrument,
        parse_e8(asset.price),
        parse_e8(asset.swing),
        asset.orders_per_minute * share,
        asset.lots,
        listed,
    )


def generated_pairs() -> dict[str, list[Pair]]:
    """Every venue's pairs, the busiest quote first."""
    by_asset = {asset.asset: asset for asset in ASSETS}
    return {
        exchange_id: [
            _pair(by_asset[base], quote, share)
            for quote, bases, share in quotes
            for base in bases
        ]
        for exchange_id, quotes in _VENUES.items()
    }
