"""The bronze tables of the exchange source; each says what one row is."""

from pipelines.bronze.tables import Column, Table, columns
from pipelines.upstream.pages import PAGES
from pipelines.upstream.request_log import REQUESTS

TIMEFRAME = "1m"

INSTRUMENT = columns("text", "exchange_id", "symbol")
SERIES = (*INSTRUMENT, Column("timeframe", "text"))
PROVENANCE = (
    *columns("text", "request_id", "origin"),
    Column("received_at", "timestamp"),
)

OHLCV = Table(
    "ohlcv",  # a candle as a venue sent it in one answer
    (
        *SERIES,
        Column("opened_at_ms", "bigint"),
        *columns("decimal", "open", "high", "low", "close", "base_volume"),
        *columns("decimal", "quote_volume", "vwap", nullable=True),
        Column("trades_count", "bigint", nullable=True),
        *columns("decimal", "taker_buy_base", "taker_buy_quote", nullable=True),
        Column("closed_at_ms", "bigint", nullable=True),
        Column("venue_now_ms", "bigint"),
        *PROVENANCE,
    ),
    indexes=(("exchange_id", "symbol", "opened_at_ms"),),
)

TRADES = Table(
    # a trade, or an aggregate of one taker order's fills, as a venue sent it in one
    # answer; ids are null where the venue does not number single trades
    "trades",
    (
        *INSTRUMENT,
        *columns("bigint", "trade_id", "first_trade_id", nullable=True),
        Column("last_trade_id", "bigint", nullable=True),
        Column("is_aggregate", "bool"),
        *columns("decimal", "price", "base_amount"),
        Column("quote_amount", "decimal", nullable=True),
        Column("traded_at_ns", "bigint"),
        Column("taker_side", "text"),
        Column("order_type", "text", nullable=True),
        Column("venue_now_ms", "bigint"),
        *PROVENANCE,
    ),
    indexes=(
        ("exchange_id", "symbol", "traded_at_ns"),
        ("exchange_id", "symbol", "last_trade_id"),
    ),
)

FUNDING_RATES = Table(
    "funding_rates",  # a funding settlement as a venue sent it in one answer
    (
        *INSTRUMENT,
        Column("settled_at_ms", "bigint"),
        Column("funding_rate", "decimal"),
        Column("mark_price", "decimal", nullable=True),
        Column("venue_now_ms", "bigint"),
        *PROVENANCE,
    ),
    indexes=(("exchange_id", "symbol", "settled_at_ms"),),
)

INSTRUMENTS = Table(
    "instruments",  # an instrument as listed at a fetch
    (
        *columns("text", "exchange_id", "symbol", "venue_symbol", "market_type"),
        *columns("text", "base_asset", "quote_asset", "venue_base", "venue_quote"),
        Column("status", "text", nullable=True),
        Column("is_active", "bool"),
        *columns("decimal", "price_increment", "amount_increment", nullable=True),
        *columns("decimal", "min_amount", "min_notional", nullable=True),
        Column("raw", "text"),
        Column("venue_now_ms", "bigint"),
        *PROVENANCE,
    ),
    indexes=(("exchange_id", "symbol"), ("exchange_id", "venue_now_ms")),
)

QUARANTINE = Table(
    "quarantine",  # a row that was refused, and why
    (
        *columns("text", "table_name", "exchange_id"),
        Column("symbol", "text", nullable=True),
        *columns("text", "reason", "raw"),
        Column("venue_now_ms", "bigint", nullable=True),
        *PROVENANCE,
    ),
)

# beside those of the feeds
TABLES = (INSTRUMENTS, PAGES, REQUESTS, QUARANTINE)
