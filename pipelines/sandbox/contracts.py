"""Binance's generated contracts: perpetuals, and two quarters of dated ones.

https://www.binance.com/en/futures/trading-rules
https://www.binance.com/en/support/faq/detail/360039445371 (delivery: 08:00 UTC of a
quarter's last Friday)
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from pipelines.sandbox.assets import Asset
from pipelines.sandbox.clock import parse_instant
from pipelines.sandbox.draws import LISTED_AT_MS, Pair
from pipelines.sandbox.market import DAY_MS, Instrument, parse_e8

_FRIDAY = 4
_YEARS = range(2021, 2036)
_QUARTER_MONTHS = (3, 6, 9, 12)
_LISTED_FOR_MS = 182 * DAY_MS
# What a COIN-M contract is worth: https://www.binance.com/en/futures/trading-rules
_CONTRACT_SIZES = {"BTC": 100}
_OTHER_CONTRACT_SIZE = 10
_COIN_LOTS = 500
_LINEAR_DECIMALS = 3
_SHARE_OF_DATED = 0.1


def deliveries() -> Iterator[datetime]:
    """Every quarter's delivery that the feed knows, ascending."""
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


def contracts(assets: Sequence[Asset]) -> list[Pair]:
    """USD-M and COIN-M contracts on each asset: a perpetual, and one a quarter."""
    return [
        make(asset, terms)
        for asset in assets
        for make in (_linear, _inverse)
        for terms in (_PERPETUAL, *_dated())
    ]


_PERPETUAL = Terms("", 1.0, LISTED_AT_MS, None)


def _dated() -> Iterator[Terms]:
    for delivery in deliveries():
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


def _inverse(asset: Asset, terms: Terms) -> Pair:
    instrument = Instrument(
        f"{asset.asset}/USD:{asset.asset}{terms.suffix}",
        asset.price_decimals - 1,
        amount_decimals=0,
        contract_size=_CONTRACT_SIZES.get(asset.asset, _OTHER_CONTRACT_SIZE),
    )
    return _pair(asset, instrument, _COIN_LOTS, terms)


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
