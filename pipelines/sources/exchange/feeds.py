"""The feeds of the exchange source: what a venue is asked for beside its listing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from pipelines.bronze.tables import Table
from pipelines.sources.exchange import tables
from pipelines.upstream import market_rows
from pipelines.upstream.extents import HOUR_MS
from pipelines.upstream.feed import MINUTE_MS, Feed, RowRules

CANDLES = Feed(
    "candles",
    table=tables.OHLCV,
    axis=market_rows.CANDLE_AXIS,
    way="span",
    # one request has no fewer anywhere, and a quiet series has a row among them
    live=timedelta(hours=5),
    archived=("klines",),
    closes=True,
    **vars(market_rows.CANDLE),
)

TRADES = Feed(
    "trades",
    table=tables.TRADES,
    axis=market_rows.TRADE_AXIS,
    way="walk",
    # an aggregate is a taker's order: fewer rows than trades, and every id is covered
    archived=("agg_trades", "trades"),
    **vars(market_rows.TRADE),
)

FUNDING_RATES = Feed(
    "funding_rates",
    table=tables.FUNDING_RATES,
    axis=market_rows.FUNDING_AXIS,
    way="span",
    live=timedelta(days=7),
    archived=("funding_rates",),
    **vars(market_rows.FUNDING_RATE),
)

# an interval of funding has an hour at least
FUNDING_INTERVALS = Feed(
    "funding_intervals",
    table=tables.FUNDING_INTERVALS,
    axis=replace(market_rows.OBSERVATION_AXIS, step=HOUR_MS),
    way="snapshot",
    per="market",
    **vars(market_rows.FUNDING_INTERVAL),
)

ORDER_BOOKS = Feed(
    "order_books",
    table=tables.ORDER_BOOKS,
    axis=market_rows.BOOK_AXIS,
    way="snapshot",
    cadence="order_book_seconds",
    **vars(market_rows.BOOK),
)

TICKERS = Feed(
    "tickers",
    table=tables.TICKERS,
    axis=market_rows.TICKER_AXIS,
    way="snapshot",
    per="market",
    archived=("book_tickers",),
    **vars(market_rows.TICKER),
)

OPEN_INTEREST = Feed(
    "open_interest",
    table=tables.OPEN_INTEREST,
    axis=replace(market_rows.OBSERVATION_AXIS, step=MINUTE_MS),
    way="snapshot",
    per="market",
    **vars(market_rows.OPEN_INTEREST),
)

OPTION_QUOTES = Feed(
    "option_quotes",
    table=tables.OPTION_QUOTES,
    axis=market_rows.TICKER_AXIS,
    way="snapshot",
    per="market",
    archived=("option_summaries",),
    **vars(market_rows.OPTION_QUOTE),
)


def _of_five_minutes(name: str, table: Table, rules: RowRules) -> Feed:
    """What a venue keeps of each five minutes, for some weeks."""
    return Feed(
        name,
        table=table,
        axis=market_rows.OBSERVATION_AXIS,
        way="span",
        live=timedelta(hours=40),  # one request has them
        archived=("metrics",),
        **vars(rules),
    )


OPEN_INTEREST_HISTORY = _of_five_minutes(
    "open_interest_history", tables.OPEN_INTEREST_HISTORY, market_rows.OPEN_INTEREST
)
TOP_TRADER_ACCOUNTS = _of_five_minutes(
    "top_trader_accounts", tables.TOP_TRADER_ACCOUNTS, market_rows.LONG_SHORT
)
TOP_TRADER_POSITIONS = _of_five_minutes(
    "top_trader_positions", tables.TOP_TRADER_POSITIONS, market_rows.LONG_SHORT
)
GLOBAL_ACCOUNTS = _of_five_minutes(
    "global_accounts", tables.GLOBAL_ACCOUNTS, market_rows.LONG_SHORT
)
TAKER_VOLUMES = _of_five_minutes(
    "taker_volumes", tables.TAKER_VOLUMES, market_rows.TAKER_VOLUME
)

MARK_PRICES = Feed(
    "mark_prices",
    table=tables.MARK_PRICES,
    axis=replace(market_rows.OBSERVATION_AXIS, step=MINUTE_MS),
    way="snapshot",
    per="market",
    **vars(market_rows.MARK_PRICE),
)


def _reference_candles(name: str, table: Table, rules: RowRules, archived: str) -> Feed:
    """Minutes of what is computed, not traded."""
    return Feed(
        name,
        table=table,
        axis=market_rows.CANDLE_AXIS,
        way="span",
        live=CANDLES.live,
        closes=True,
        archived=(archived,),
        **vars(rules),
    )


MARK_CANDLES = _reference_candles(
    "mark_candles", tables.MARK_OHLC, market_rows.REFERENCE_CANDLE, "mark_price_klines"
)
INDEX_CANDLES = _reference_candles(
    "index_candles",
    tables.INDEX_OHLC,
    market_rows.REFERENCE_CANDLE,
    "index_price_klines",
)
PREMIUM_CANDLES = _reference_candles(
    "premium_candles",
    tables.PREMIUM_OHLC,
    market_rows.PREMIUM_CANDLE,
    "premium_index_klines",
)

# what no venue is asked for by this name, and where it is to be had
ELSEWHERE: Mapping[str, str] = {
    "liquidations": (
        "a forced trade is one of `trades`, of Kraken Futures and Deribit; Binance"
        " sends none by REST since 2021-04-27: those of COIN-M until 2024-10-14 are in"
        " its archive, `bullion load archive --feed liquidations`"
    ),
    "book_depth": (
        "depth in bands of percent is in the archive alone, of Binance's contracts"
        " since 2023-01-01: `bullion load archive --feed book_depth`; books of all"
        " venues are `order_books`"
    ),
    "volatility_index": (
        "the volatility that Binance's options on BTC and ETH imply is in its archive"
        " alone, since 2023-06-20: `bullion load archive --feed volatility_index`"
    ),
}

FEEDS: Mapping[str, Feed] = {
    feed.name: feed
    for feed in (
        *(CANDLES, TRADES, FUNDING_RATES, FUNDING_INTERVALS, ORDER_BOOKS, TICKERS),
        *(OPEN_INTEREST, OPEN_INTEREST_HISTORY),
        *(TOP_TRADER_ACCOUNTS, TOP_TRADER_POSITIONS, GLOBAL_ACCOUNTS, TAKER_VOLUMES),
        *(MARK_PRICES, MARK_CANDLES, INDEX_CANDLES, PREMIUM_CANDLES, OPTION_QUOTES),
    )
}
