"""What the columns of the archive's files are, by feed and market.

Columns go by position: COIN-M's kline header calls the base volume a quote volume.
Source: https://github.com/binance/binance-public-data#what-data-is-available
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.bronze.tables import Table
from pipelines.sources.archive import tables
from pipelines.sources.archive.file_types import Feed, Market
from pipelines.upstream import market_rows
from pipelines.upstream.feed import Axis, Kind, RowRules


@dataclass(frozen=True)
class Layout:
    """The columns of a file: bronze's name of each, None: not kept.

    Attributes:
        rules: what a row's values must be.
        axis: its stamp must lie in what the file covers.
        arities: how many columns may come; from the last ones some may be missing.
        stamps: columns of milliseconds or microseconds since 1970, by magnitude.
        flags: columns of truth values.
        texts: stamps that are written as a time of UTC, or as a day.
        hour: a column of hours, of the day that the stamp is.
        blanks: columns that may be empty.
        option: a column of names: rows are of options on the file's instrument.
        is_end_inside: whether a row may be stamped at the end of what the file covers.
    """

    table: Table
    names: Sequence[str | None]
    rules: RowRules
    axis: Axis
    arities: Sequence[int]
    stamps: Sequence[str]
    flags: Sequence[str] = ()
    texts: Sequence[str] = ()
    hour: str | None = None
    blanks: Sequence[str] = ()
    option: str | None = None
    is_end_inside: bool = False

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """Of the columns that hold numbers."""
        kinds = self.rules.kinds
        numbers = [n for n in self.names if n in kinds and n not in self.stamps]
        return {name: kinds[name] for name in numbers if name}

    def columns(self, arity: int) -> list[str]:
        """A name for each column of a file that has `arity` of them."""
        return [name or f"column {i}" for i, name in enumerate(self.names[:arity])]


def _klines(volumes: Sequence[str]) -> Layout:
    own, other, taker_own, taker_other = volumes
    prices = ("opened_at_ms", *market_rows.PRICES)
    amounts = (own, "closed_at_ms", other, "trades_count", taker_own, taker_other)
    return Layout(
        tables.KLINES,
        (*prices, *amounts, None),
        market_rows.CANDLE,
        market_rows.CANDLE_AXIS,
        arities=(12,),
        stamps=("opened_at_ms", "closed_at_ms"),
    )


def _trades_of(
    table: Table, names: Sequence[str | None], arities: Sequence[int]
) -> Layout:
    return Layout(
        table,
        (*names, "traded_at_ns", "is_buyer_maker", None),
        market_rows.TRADE,
        market_rows.TRADE_AXIS,
        arities=arities,
        stamps=("traded_at_ns",),
        flags=("is_buyer_maker",),
    )


def _agg_trades(amount: str) -> Layout:
    ids = ("first_trade_id", "last_trade_id")
    # spot has one column more: whether it was the best price match
    return _trades_of(
        tables.AGG_TRADES, ("agg_trade_id", "price", amount, *ids), (7, 8)
    )


def _trades(own: str, other: str) -> Layout:
    return _trades_of(tables.TRADES, ("trade_id", "price", own, other), (6, 7))


FUNDING_RATES = Layout(
    tables.FUNDING_RATES,
    ("settled_at_ms", "interval_hours", "funding_rate"),
    market_rows.FUNDING_RATE,
    market_rows.FUNDING_AXIS,
    arities=(3,),
    stamps=("settled_at_ms",),
)


RATIOS = (
    *("top_trader_accounts_ratio", "top_trader_positions_ratio"),
    *("global_accounts_ratio", "taker_ratio"),
)


def _metrics(*amounts: str) -> Layout:
    """Unordered, some rows twice, cells that are blank; old files have a row a day.

    Files of USD-M before 2026-06-25 stamp the end of five minutes:
    https://github.com/binance/binance-public-data/issues/491
    """
    return Layout(
        tables.METRICS,
        ("observed_at_ms", None, *amounts, *RATIOS),
        market_rows.METRICS,
        market_rows.OBSERVATION_AXIS,
        arities=(8,),
        stamps=("observed_at_ms",),
        texts=("observed_at_ms",),
        blanks=(*amounts, *RATIOS),
        is_end_inside=True,
    )


def _reference_klines(table: Table, rules: RowRules) -> Layout:
    """Of a kline's columns those that mean something of what is not traded."""
    return Layout(
        table,
        ("opened_at_ms", *market_rows.PRICES, None, "closed_at_ms", *[None] * 5),
        rules,
        market_rows.CANDLE_AXIS,
        arities=(12,),
        stamps=("opened_at_ms", "closed_at_ms"),
    )


LIQUIDATIONS = Layout(
    tables.LIQUIDATIONS,
    (
        *("liquidated_at_ms", "side", "order_type", "time_in_force", "contracts"),
        *("price", "average_price", "order_status"),
        *("last_filled_contracts", "filled_contracts"),
    ),
    market_rows.LIQUIDATION,
    market_rows.LIQUIDATION_AXIS,
    arities=(10,),
    stamps=("liquidated_at_ms",),
)


def _book_depth(*amounts: str) -> Layout:
    """Cumulative from the mid; newer files write a band -5.00 where others have -5.

    https://github.com/binance/binance-public-data/issues/447
    """
    return Layout(
        tables.BOOK_DEPTH,
        ("snapshot_at_ms", "band_pct", *amounts),
        market_rows.DEPTH,
        market_rows.DEPTH_AXIS,
        arities=(4,),
        stamps=("snapshot_at_ms",),
        texts=("snapshot_at_ms",),
    )


BOOK_TICKERS = Layout(
    tables.BOOK_TICKERS,
    (
        *("update_id", "bid", "bid_amount", "ask", "ask_amount"),
        *("changed_at_ms", "quoted_at_ms"),
    ),
    market_rows.TICKER,
    market_rows.CHANGE_AXIS,
    arities=(7,),
    stamps=("changed_at_ms", "quoted_at_ms"),
)

VOLATILITY_INDEX = Layout(
    tables.VOLATILITY_INDEX,
    ("calculated_at_ms", None, None, None, "index_value"),
    market_rows.VOLATILITY,
    market_rows.VOLATILITY_AXIS,
    arities=(5,),
    stamps=("calculated_at_ms",),
)

# by the hour from 0 to 23, any cell may be blank: no bid's volatility was ever sent
SUMMARISED = (
    *("open", "high", "low", "close", "contracts", "quote_volume"),
    *("bid", "ask", "bid_amount", "ask_amount", "bid_iv", "ask_iv"),
    *("mark_price", "mark_iv", "delta", "gamma", "vega", "theta"),
    *("open_interest", "open_interest_value"),
)
OPTION_SUMMARIES = Layout(
    tables.OPTION_SUMMARIES,
    # underlying, type and strike are in the option's name
    ("hour_at_ms", "hour", "option_name", None, None, None, *SUMMARISED),
    market_rows.OPTION_SUMMARY,
    market_rows.SUMMARY_AXIS,
    arities=(26,),
    stamps=("hour_at_ms",),
    texts=("hour_at_ms",),
    hour="hour",
    blanks=SUMMARISED,
    option="option_name",
)

OF_BOTH: Mapping[Feed, Layout] = {
    "liquidations": LIQUIDATIONS,
    "book_tickers": BOOK_TICKERS,
    "volatility_index": VOLATILITY_INDEX,
    "option_summaries": OPTION_SUMMARIES,
    "funding_rates": FUNDING_RATES,
    "mark_price_klines": _reference_klines(
        tables.MARK_PRICE_KLINES, market_rows.REFERENCE_CANDLE
    ),
    "index_price_klines": _reference_klines(
        tables.INDEX_PRICE_KLINES, market_rows.REFERENCE_CANDLE
    ),
    "premium_index_klines": _reference_klines(
        tables.PREMIUM_INDEX_KLINES, market_rows.PREMIUM_CANDLE
    ),
}
LAYOUTS: Mapping[Feed, Layout] = {
    **OF_BOTH,
    "klines": _klines(
        ("base_volume", "quote_volume", "taker_buy_base", "taker_buy_quote")
    ),
    "agg_trades": _agg_trades("base_amount"),
    "trades": _trades("base_amount", "quote_amount"),
    "metrics": _metrics("base_open_interest", "open_interest_value"),
    "book_depth": _book_depth("base_depth", "quote_depth"),
}
LAYOUTS_OF_COIN: Mapping[Feed, Layout] = {
    **OF_BOTH,
    "klines": _klines(
        ("contracts", "base_volume", "taker_buy_contracts", "taker_buy_base")
    ),
    "agg_trades": _agg_trades("contracts"),
    "trades": _trades("contracts", "base_amount"),
    "metrics": _metrics("contracts_open_interest", "base_open_interest"),
    "book_depth": _book_depth("contracts_depth", "base_depth"),
}


def layout(feed: Feed, market: Market) -> Layout:
    """The layout; COIN-M counts contracts where the others count the base asset."""
    return (LAYOUTS_OF_COIN if market == "cm" else LAYOUTS)[feed]
