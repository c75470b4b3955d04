"""The bronze tables of the exchange source; each says what one row is."""

from pipelines.bronze.tables import Column, Table

TIMEFRAME = "1m"

INSTRUMENT = (
    Column("exchange_id", "text"),
    Column("symbol", "text"),
)
SERIES = (*INSTRUMENT, Column("timeframe", "text"))
PROVENANCE = (
    Column("request_id", "text"),
    Column("origin", "text"),
    Column("received_at", "timestamp"),
)

OHLCV = Table(
    "ohlcv",  # a candle as a venue sent it in one answer
    (
        *SERIES,
        Column("opened_at_ms", "bigint"),
        Column("open", "decimal"),
        Column("high", "decimal"),
        Column("low", "decimal"),
        Column("close", "decimal"),
        Column("base_volume", "decimal"),
        Column("quote_volume", "decimal", nullable=True),
        Column("vwap", "decimal", nullable=True),
        Column("trades_count", "bigint", nullable=True),
        Column("taker_buy_base", "decimal", nullable=True),
        Column("taker_buy_quote", "decimal", nullable=True),
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
        Column("trade_id", "bigint", nullable=True),
        Column("first_trade_id", "bigint", nullable=True),
        Column("last_trade_id", "bigint", nullable=True),
        Column("is_aggregate", "bool"),
        Column("price", "decimal"),
        Column("base_amount", "decimal"),
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
        Column("exchange_id", "text"),
        Column("symbol", "text"),
        Column("venue_symbol", "text"),
        Column("market_type", "text"),
        Column("base_asset", "text"),
        Column("quote_asset", "text"),
        Column("venue_base", "text"),
        Column("venue_quote", "text"),
        Column("status", "text", nullable=True),
        Column("is_active", "bool"),
        Column("price_increment", "decimal", nullable=True),
        Column("amount_increment", "decimal", nullable=True),
        Column("min_amount", "decimal", nullable=True),
        Column("min_notional", "decimal", nullable=True),
        Column("raw", "text"),
        Column("venue_now_ms", "bigint"),
        *PROVENANCE,
    ),
    indexes=(("exchange_id", "symbol"), ("exchange_id", "venue_now_ms")),
)

QUARANTINE = Table(
    "quarantine",  # a row that was refused, and why
    (
        Column("table_name", "text"),
        Column("exchange_id", "text"),
        Column("symbol", "text", nullable=True),
        Column("reason", "text"),
        Column("raw", "text"),
        Column("venue_now_ms", "bigint", nullable=True),
        *PROVENANCE,
    ),
)
