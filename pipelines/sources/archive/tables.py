"""The bronze tables of the archive source; each says what one row is.

Rows carry `file_id`; what is true of a whole file stands once, in `files`.
"""

from pipelines.bronze.tables import Column, DataType, Table, columns
from pipelines.upstream.request_log import REQUESTS

INSTRUMENT = columns("text", "exchange_id", "symbol")
PLACE = (Column("file_id", "text"), Column("line_number", "bigint"))

KLINES = Table(
    "klines",  # a candle as a verified file has it
    (
        *INSTRUMENT,
        Column("timeframe", "text"),
        Column("opened_at_ms", "bigint"),
        *columns("decimal", "open", "high", "low", "close", "base_volume"),
        Column("quote_volume", "decimal", nullable=True),
        Column("trades_count", "bigint"),
        *columns("decimal", "taker_buy_base", "taker_buy_quote", nullable=True),
        *columns("decimal", "contracts", "taker_buy_contracts", nullable=True),
        Column("closed_at_ms", "bigint"),
        *PLACE,
    ),
    indexes=(("exchange_id", "symbol", "opened_at_ms"), ("file_id",)),
)

AGG_TRADES = Table(
    "agg_trades",  # fills of one order at one price, as a verified file has them
    (
        *INSTRUMENT,
        *columns("bigint", "agg_trade_id", "first_trade_id", "last_trade_id"),
        Column("price", "decimal"),
        *columns("decimal", "base_amount", "contracts", nullable=True),
        Column("traded_at_ns", "bigint"),
        Column("is_buyer_maker", "bool"),
        *PLACE,
    ),
    indexes=(("exchange_id", "symbol", "traded_at_ns"),),
)

TRADES = Table(
    "trades",  # a trade as a verified file has it
    (
        *INSTRUMENT,
        Column("trade_id", "bigint"),
        Column("price", "decimal"),
        *columns("decimal", "base_amount", "quote_amount", "contracts", nullable=True),
        Column("traded_at_ns", "bigint"),
        Column("is_buyer_maker", "bool"),
        *PLACE,
    ),
    indexes=(("exchange_id", "symbol", "traded_at_ns"),),
)

FUNDING_RATES = Table(
    "funding_rates",  # a funding settlement as a verified file has it
    (
        *INSTRUMENT,
        *columns("bigint", "settled_at_ms", "interval_hours"),
        Column("funding_rate", "rate"),
        *PLACE,
    ),
    indexes=(("exchange_id", "symbol", "settled_at_ms"), ("file_id",)),
)

METRICS = Table(
    # open interest and who is long, of five minutes, as a verified file has them; the
    # stamp is the file's, which is at their end or at their start
    "metrics",
    (
        *INSTRUMENT,
        Column("observed_at_ms", "bigint"),
        *columns(
            "decimal", "base_open_interest", "contracts_open_interest", nullable=True
        ),
        *columns("decimal", "open_interest_value", nullable=True),
        *columns("decimal", "top_trader_accounts_ratio", nullable=True),
        *columns("decimal", "top_trader_positions_ratio", nullable=True),
        *columns("decimal", "global_accounts_ratio", "taker_ratio", nullable=True),
        *PLACE,
    ),
    indexes=(("exchange_id", "symbol", "observed_at_ms"), ("file_id",)),
)


def _reference_klines(name: str, kind: DataType) -> Table:
    """A row is a minute of what is computed, not traded, as a verified file has it."""
    return Table(
        name,
        (
            *INSTRUMENT,
            Column("timeframe", "text"),
            Column("opened_at_ms", "bigint"),
            *columns(kind, "open", "high", "low", "close"),
            Column("closed_at_ms", "bigint"),
            *PLACE,
        ),
        indexes=(("exchange_id", "symbol", "opened_at_ms"), ("file_id",)),
    )


MARK_PRICE_KLINES = _reference_klines("mark_price_klines", "decimal")
INDEX_PRICE_KLINES = _reference_klines("index_price_klines", "decimal")
PREMIUM_INDEX_KLINES = _reference_klines("premium_index_klines", "rate")

LIQUIDATIONS = Table(
    # an order that closed a position by force, as a verified file has it; files have
    # each row twice
    "liquidations",
    (
        *INSTRUMENT,
        Column("liquidated_at_ms", "bigint"),
        *columns("text", "side", "order_type", "time_in_force"),
        *columns("decimal", "contracts", "price", "average_price"),
        Column("order_status", "text"),
        *columns("decimal", "last_filled_contracts", "filled_contracts"),
        *PLACE,
    ),
    indexes=(("exchange_id", "symbol", "liquidated_at_ms"), ("file_id",)),
)

BOOK_DEPTH = Table(
    # what an order book holds between its mid and so many percent from it, each half a
    # minute, as a verified file has it; below 0: of the bids
    "book_depth",
    (
        *INSTRUMENT,
        Column("snapshot_at_ms", "bigint"),
        Column("band_pct", "decimal"),
        *columns("decimal", "base_depth", "contracts_depth", nullable=True),
        Column("quote_depth", "decimal", nullable=True),
        *PLACE,
    ),
    indexes=(("exchange_id", "symbol", "snapshot_at_ms"), ("file_id",)),
)

BOOK_TICKERS = Table(
    # a change of the best bid or ask, as a verified file has it; stamped when it was
    # made, and when it was sent
    "book_tickers",
    (
        *INSTRUMENT,
        *columns("bigint", "changed_at_ms", "quoted_at_ms"),
        Column("update_id", "text"),
        *columns("decimal", "bid", "bid_amount", "ask", "ask_amount"),
        *PLACE,
    ),
    indexes=(("exchange_id", "symbol", "changed_at_ms"), ("file_id",)),
)

VOLATILITY_INDEX = Table(
    # a value, each second, of the volatility that options on an asset imply, in percent
    # a year, as a verified file has it
    "volatility_index",
    (
        *INSTRUMENT,
        Column("calculated_at_ms", "bigint"),
        Column("index_value", "decimal"),
        *PLACE,
    ),
    indexes=(("exchange_id", "symbol", "calculated_at_ms"), ("file_id",)),
)

OPTION_SUMMARIES = Table(
    # an hour of an option, as a verified file of the pair that it is on has it;
    # volatilities are ratios
    "option_summaries",
    (
        *INSTRUMENT,
        Column("hour_at_ms", "bigint"),
        Column("option_name", "text"),
        *columns("decimal", "open", "high", "low", "close", nullable=True),
        *columns("decimal", "contracts", "quote_volume", nullable=True),
        *columns("decimal", "bid", "ask", "bid_amount", "ask_amount", nullable=True),
        *columns("decimal", "bid_iv", "ask_iv", "mark_price", "mark_iv", nullable=True),
        *columns("decimal", "delta", "gamma", "vega", "theta", nullable=True),
        *columns("decimal", "open_interest", "open_interest_value", nullable=True),
        *PLACE,
    ),
    indexes=(("exchange_id", "symbol", "hour_at_ms"), ("file_id",)),
)

FILES = Table(
    "files",  # a version of a file, and what became of it
    (
        Column("file_id", "text"),
        *INSTRUMENT,
        *columns("text", "market", "feed"),
        Column("timeframe", "text", nullable=True),
        *columns("text", "period", "path", "origin"),
        *columns("bigint", "covers_from_ms", "covers_until_ms"),
        Column("status", "text"),
        *columns("text", "reason", "sha256", nullable=True),
        *columns("bigint", "bytes_count", "uncompressed_bytes_count", nullable=True),
        *columns("bigint", "rows_count", "refused_count"),
        Column("has_header", "bool", nullable=True),
        Column("stamp_unit", "text", nullable=True),
        Column("published_at_ms", "bigint", nullable=True),
        Column("venue_now_ms", "bigint"),
        Column("request_id", "text"),
        Column("received_at", "timestamp"),
    ),
    indexes=(("file_id",), ("path",), ("exchange_id", "symbol", "covers_from_ms")),
)

SYMBOLS = Table(
    # what the host's files of a symbol cover, as it listed them: from the first file's
    # start to the last one's end
    "symbols",
    (
        *columns("text", "exchange_id", "market", "venue_symbol", "feed"),
        *columns("bigint", "first_from_ms", "last_until_ms", "venue_now_ms"),
        *columns("text", "request_id", "origin"),
        Column("received_at", "timestamp"),
    ),
)

QUARANTINE = Table(
    "quarantine",  # a row of a verified file that was refused, and why
    (
        *columns("text", "table_name", "exchange_id"),
        Column("symbol", "text", nullable=True),
        Column("path", "text"),
        Column("line_number", "bigint", nullable=True),
        *columns("text", "reason", "raw", "file_id"),
        Column("received_at", "timestamp"),
    ),
)

REFUSED_SPANS = Table(
    # whole minutes of which a file tells nothing, for a row of it that may be of them
    # was refused; empty where all that it can be of are told
    "refused_spans",
    (
        Column("file_id", "text"),
        *INSTRUMENT,
        *columns("bigint", "refused_from_ms", "refused_until_ms"),
    ),
    indexes=(("file_id",),),
)

TABLES = (
    *(KLINES, AGG_TRADES, TRADES, FUNDING_RATES, METRICS),
    *(MARK_PRICE_KLINES, INDEX_PRICE_KLINES, PREMIUM_INDEX_KLINES),
    *(LIQUIDATIONS, BOOK_DEPTH, BOOK_TICKERS, VOLATILITY_INDEX, OPTION_SUMMARIES),
    *(FILES, SYMBOLS, REQUESTS, QUARANTINE, REFUSED_SPANS),
)
