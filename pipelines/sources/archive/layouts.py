"""What the columns of the archive's files are, by feed and market.

Columns go by position: COIN-M's kline header calls the base volume a quote volume.
Source: https://github.com/binance/binance-public-data#what-data-is-available
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pipelines.bronze.tables import Table
from pipelines.sources.archive import tables
from pipelines.sources.archive.files import Feed, Market

# `price`: above 0; `amount`: not below 0; `rate`: of either sign; `count`: whole, not
# below 0; `stamp`: milliseconds or microseconds since 1970, by magnitude
Kind = Literal["price", "amount", "rate", "count", "stamp", "flag"]


@dataclass(frozen=True)
class Layout:
    """The columns of a file: bronze's name of each, None: not kept.

    Attributes:
        arities: how many columns may come; from the last ones some may be missing.
        stamp: the column that says when; it must lie in what the file covers.
    """

    table: Table
    names: Sequence[str | None]
    kinds: Mapping[str, Kind]
    stamp: str
    arities: Sequence[int]
    stamp_unit: Literal["ms", "ns"]  # as bronze has it

    def columns(self, arity: int) -> list[str]:
        """A name for each column of a file that has `arity` of them."""
        return [name or f"column {i}" for i, name in enumerate(self.names[:arity])]


PRICES = ("open", "high", "low", "close")
IDS = ("first_trade_id", "last_trade_id", "trade_id")

KLINE_KINDS: Mapping[str, Kind] = {
    "opened_at_ms": "stamp",
    **dict.fromkeys(PRICES, "price"),
    **dict.fromkeys(("base_volume", "quote_volume", "contracts"), "amount"),
    **dict.fromkeys(
        ("taker_buy_base", "taker_buy_quote", "taker_buy_contracts"), "amount"
    ),
    "trades_count": "count",
    "closed_at_ms": "stamp",
}
TRADE_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(("agg_trade_id", *IDS), "count"),
    "price": "price",
    **dict.fromkeys(("base_amount", "quote_amount", "contracts"), "amount"),
    "traded_at_ns": "stamp",
    "is_buyer_maker": "flag",
}


def _klines(volumes: Sequence[str]) -> Layout:
    own, other, taker_own, taker_other = volumes
    begin = ("opened_at_ms", *PRICES, own, "closed_at_ms", other, "trades_count")
    names = (*begin, taker_own, taker_other, None)
    return _layout(tables.KLINES, names, KLINE_KINDS, (12,), "ms")


def _layout(
    table: Table,
    names: Sequence[str | None],
    kinds: Mapping[str, Kind],
    arities: Sequence[int],
    stamp_unit: Literal["ms", "ns"],
) -> Layout:
    columns = {name: kinds[name] for name in names if name}
    stamp = next(name for name, kind in columns.items() if kind == "stamp")
    return Layout(table, names, columns, stamp, arities, stamp_unit)


def _agg_trades(amount: str) -> Layout:
    ids = ("first_trade_id", "last_trade_id")
    names = ("agg_trade_id", "price", amount, *ids, "traded_at_ns", "is_buyer_maker")
    # spot has one column more: whether it was the best price match
    return _layout(tables.AGG_TRADES, (*names, None), TRADE_KINDS, (7, 8), "ns")


def _trades(own: str, other: str) -> Layout:
    names = ("trade_id", "price", own, other, "traded_at_ns", "is_buyer_maker")
    return _layout(tables.TRADES, (*names, None), TRADE_KINDS, (6, 7), "ns")


FUNDING_RATES = _layout(
    tables.FUNDING_RATES,
    ("settled_at_ms", "interval_hours", "funding_rate"),
    {"settled_at_ms": "stamp", "interval_hours": "count", "funding_rate": "rate"},
    (3,),
    "ms",
)


LAYOUTS: Mapping[Feed, Layout] = {
    "klines": _klines(
        ("base_volume", "quote_volume", "taker_buy_base", "taker_buy_quote")
    ),
    "agg_trades": _agg_trades("base_amount"),
    "trades": _trades("base_amount", "quote_amount"),
    "funding_rates": FUNDING_RATES,
}
LAYOUTS_OF_COIN: Mapping[Feed, Layout] = {
    "klines": _klines(
        ("contracts", "base_volume", "taker_buy_contracts", "taker_buy_base")
    ),
    "agg_trades": _agg_trades("contracts"),
    "trades": _trades("contracts", "base_amount"),
    "funding_rates": FUNDING_RATES,
}


def layout(feed: Feed, market: Market) -> Layout:
    """The layout; COIN-M counts contracts where the others count the base asset."""
    return (LAYOUTS_OF_COIN if market == "cm" else LAYOUTS)[feed]
