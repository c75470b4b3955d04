"""What the generated feed lists: who quotes which assets in what, and contracts.

Contracts are perpetuals and, on three venues, two quarters of dated ones:
https://www.binance.com/en/futures/trading-rules
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from pipelines.sandbox.clock import parse_instant
from pipelines.sandbox.draws import LISTED_AT_MS, Pair
from pipelines.sandbox.market import DAY_MS, Instrument, parse_e8


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
# decimals, as it is on Binance; swings never take a price below zero.
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
    "okx": (("USDT", _MAJORS, 0.5),),
    "bybit": (("USDT", _MAJORS, 0.5),),
}


# what perpetuals are quoted in that settle in their quote
_PERPETUALS_IN = {
    "kraken_futures": "USD",
    "deribit": "USDC",
    "okx": "USDT",
    "bybit": "USDT",
}

_WITH_DATED = {"okx", "bybit"}

_FRIDAY = 4
_YEARS = range(2021, 2036)
_QUARTER_MONTHS = (3, 6, 9, 12)
_LISTED_FOR_MS = 182 * DAY_MS
# What a COIN-M contract is worth: https://www.binance.com/en/futures/trading-rules
_CONTRACT_SIZES = {"BTC": 100}
_OTHER_CONTRACT_SIZE = 10
_COIN_LOTS = 500
_DOLLAR_LOTS = 20_000
_LINEAR_DECIMALS = 3
_SHARE_OF_DATED = 0.1


def _spot(asset: Asset, quote: str, share: float) -> Pair:
    instrument = Instrument(
        f"{asset.asset}/{quote}", asset.price_decimals, asset.amount_decimals
    )
    listed = parse_instant(asset.listed_at) if asset.listed_at else LISTED_AT_MS
    return _pair(asset, instrument, asset.lots, Terms("", share, listed, None))


def generated_pairs() -> dict[str, list[Pair]]:
    """Every venue's pairs, the busiest quote first; then Binance's contracts."""
    by_asset = {asset.asset: asset for asset in ASSETS}
    pairs = {
        exchange_id: [
            _spot(by_asset[base], quote, share)
            for quote, bases, share in quotes
            for base in bases
        ]
        for exchange_id, quotes in _VENUES.items()
    }
    contracts_on = [by_asset[base] for base in _CONTRACTS_ON]
    pairs["binance"] += _contracts(contracts_on)
    for exchange_id, dollar in _PERPETUALS_IN.items():
        pairs[exchange_id] = pairs.get(exchange_id, []) + [
            _contract(asset, quote, settle, terms, sized=exchange_id == "okx")
            for asset in contracts_on
            for quote, settle in ((dollar, dollar), ("USD", asset.asset))
            for terms in (_PERPETUAL, *(_dated() if exchange_id in _WITH_DATED else ()))
        ]
    return pairs


def _deliveries() -> Iterator[datetime]:
    """The delivery of each quarter, ascending.

    08:00 UTC of its last Friday:
    https://www.binance.com/en/support/faq/detail/360039445371
    """
    for year in _YEARS:
        for month in _QUARTER_MONTHS:
            after = datetime(year + month // 12, month % 12 + 1, 1, 8, tzinfo=UTC)
            back = (after.weekday() - _FRIDAY - 1) % 7 + 1
            yield after - timedelta(days=back)


class Terms(NamedTuple):
    """What tells one contract on an asset from another."""

    suffix: str
    share: float
    listed_at_ms: int
    ended_at_ms: int | None


def _contracts(assets: Sequence[Asset]) -> list[Pair]:
    """USD-M and COIN-M contracts on each asset: a perpetual, and one a quarter."""
    return [
        make(asset, terms)
        for asset in assets
        for make in (_linear, _inverse)
        for terms in (_PERPETUAL, *_dated())
    ]


_PERPETUAL = Terms("", 1.0, LISTED_AT_MS, None)


def _dated() -> Iterator[Terms]:
    for delivery in _deliveries():
        ends = parse_instant(delivery.isoformat())
        listed = (ends - _LISTED_FOR_MS) // DAY_MS * DAY_MS
        yield Terms(f"-{delivery:%y%m%d}", _SHARE_OF_DATED, listed, ends)


def _linear(asset: Asset, terms: Terms) -> Pair:
    instrument = Instrument(
        f"{asset.asset}/USDT:USDT{terms.suffix}",
        asset.price_decimals - 1,
        _LINEAR_DECIMALS,
    )
    return _pair(asset, instrument, asset.lots, terms)


def contract_size(base: str) -> int:
    """What an inverse contract on an asset is worth in its quote."""
    return _CONTRACT_SIZES.get(base, _OTHER_CONTRACT_SIZE)


def _inverse(asset: Asset, terms: Terms) -> Pair:
    instrument = Instrument(
        f"{asset.asset}/USD:{asset.asset}{terms.suffix}",
        asset.price_decimals - 1,
        amount_decimals=0,
        contract_size=contract_size(asset.asset),
    )
    return _pair(asset, instrument, _COIN_LOTS, terms)


def _contract(
    asset: Asset, quote: str, settle: str, terms: Terms, *, sized: bool
) -> Pair:
    """A contract counted in the base or, of what settles in it, in dollars.

    `sized`: in contracts of as many dollars as Binance's.
    """
    is_inverse = settle == asset.asset
    worth = contract_size(asset.asset) if sized else 1
    instrument = Instrument(
        f"{asset.asset}/{quote}:{settle}{terms.suffix}",
        asset.price_decimals - 1,
        0 if is_inverse else _LINEAR_DECIMALS,
        contract_size=worth if is_inverse else None,
    )
    lots = _DOLLAR_LOTS // worth if is_inverse else asset.lots
    return _pair(asset, instrument, lots, terms._replace(share=_SHARE_OF_DATED))


def _pair(asset: Asset, instrument: Instrument, lots: int, terms: Terms) -> Pair:
    return Pair(
        instrument,
        parse_e8(asset.price),
        parse_e8(asset.swing),
        asset.orders_per_minute * terms.share,
        lots,
        terms.listed_at_ms,
        terms.ended_at_ms,
    )
