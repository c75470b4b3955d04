"""The bronze tables of the archive source; each says what one row is.

Rows carry `file_id`; what is true of a whole file stands once, in `files`.
"""

from pipelines.bronze.tables import Column, Table
from pipelines.upstream.request_log import REQUESTS

INSTRUMENT = (Column("exchange_id", "text"), Column("symbol", "text"))
PLACE = (Column("file_id", "text"), Column("line_number", "bigint"))

KLINES = Table(
    "klines",  # a candle as a verified file has it
    (
        *INSTRUMENT,
        Column("timeframe", "text"),
        Column("opened_at_ms", "bigint"),
        Column("open", "decimal"),
        Column("high", "decimal"),
        Column("low", "decimal"),
        Column("close", "decimal"),
        Column("base_volume", "decimal"),
        Column("quote_volume", "decimal", nullable=True),
        Column("trades_count", "bigint"),
        Column("taker_buy_base", "decimal", nullable=True),
        Column("taker_buy_quote", "decimal", nullable=True),
        Column("contracts", "decimal", nullable=True),
        Column("taker_buy_contracts", "decimal", nullable=True),
        Column("closed_at_ms", "bigint"),
        *PLACE,
    ),
    indexes=(("exchange_id", "symbol", "opened_at_ms"), ("file_id",)),
)

AGG_TRADES = Table(
    "agg_trades",  # fills of one order at one price, as a verified file has them
    (
        *INSTRUMENT,
        Column("agg_trade_id", "bigint"),
        Column("first_trade_id", "bigint"),
        Column("last_trade_id", "bigint"),
        Column("price", "decimal"),
        Column("base_amount", "decimal", nullable=True),
        Column("contracts", "decimal", nullable=True),
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
        Column("base_amount", "decimal", nullable=True),
        Column("quote_amount", "decimal", nullable=True),
        Column("contracts", "decimal", nullable=True),
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
        Column("settled_at_ms", "bigint"),
        Column("interval_hours", "bigint"),
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
        Column("market", "text"),
        Column("feed", "text"),
        Column("timeframe", "text", nullable=True),
        Column("period", "text"),
        Column("path", "text"),
        Column("origin", "text"),
        Column("covers_from_ms", "bigint"),
        Column("covers_until_ms", "bigint"),
        Column("status", "text"),
        Column("reason", "text", nullable=True),
        Column("sha256", "text", nullable=True),
        Column("bytes_count", "bigint", nullable=True),
        Column("uncompressed_bytes_count", "bigint", nullable=True),
        Column("rows_count", "bigint"),
        Column("refused_count", "bigint"),
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
        Column("table_name", "text"),
        Column("exchange_id", "text"),
        Column("symbol", "text", nullable=True),
        Column("path", "text"),
        Column("line_number", "bigint", nullable=True),
        Column("reason", "text"),
        Column("raw", "text"),
        Column("file_id", "text"),
        Column("received_at", "timestamp"),
    ),
)

TABLES = (KLINES, AGG_TRADES, TRADES, FUNDING_RATES, FILES, REQUESTS, QUARANTINE)
