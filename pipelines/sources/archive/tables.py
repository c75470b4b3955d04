"""The bronze tables of the archive source; each says what one row is.

Rows carry `file_id`; what is true of a whole file stands once, in `files`.
"""

from pipelines.bronze.tables import Column, Table, columns
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
        Column("funding_rate", "decimal"),
        *PLACE,
    ),
    indexes=(("exchange_id", "symbol", "settled_at_ms"),),
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
    *(KLINES, AGG_TRADES, TRADES, FUNDING_RATES),
    *(FILES, REQUESTS, QUARANTINE, REFUSED_SPANS),
)
