"""What the generated feed lists: who quotes which assets in what."""

from collections.abc import Sequence

from pipelines.sandbox.assets import ASSETS, Asset
from pipelines.sandbox.clock import parse_instant
from pipelines.sandbox.contracts import contracts
from pipelines.sandbox.draws import LISTED_AT_MS, Pair
from pipelines.sandbox.market import Instrument, parse_e8

_MAJORS = ("BTC", "ETH", "SOL", "XRP")
_CONTRACTS_ON = ("BTC", "ETH")
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
    """Every venue's pairs, the busiest quote first; then Binance's contracts."""
    by_asset = {asset.asset: asset for asset in ASSETS}
    pairs = {
        exchange_id: [
            _pair(by_asset[base], quote, share)
            for quote, bases, share in quotes
            for base in bases
        ]
        for exchange_id, quotes in _VENUES.items()
    }
    pairs["binance"] += contracts([by_asset[base] for base in _CONTRACTS_ON])
    return pairs
