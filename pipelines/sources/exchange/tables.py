"""The bronze tables of the exchange source; each says what one row is."""

from pipelines.bronze.tables import Column, DataType, Table, columns
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
        *columns("decimal", "open", "high", "low", "close"),
        # of which the venue counts: of what settles in its base some count the quote
        Column("base_volume", "decimal", nullable=True),
        *columns("decimal", "quote_volume", "vwap", nullable=True),
        Column("trades_count", "bigint", nullable=True),
        *columns("decimal", "taker_buy_base", "taker_buy_quote", nullable=True),
        *columns("decimal", "contracts", "taker_buy_contracts", nullable=True),
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
        Column("price", "decimal"),
        # of which the venue counts: of what settles in its base some count the quote,
        # and some count contracts, of the size that is listed
        *columns("decimal", "base_amount", "quote_amount", nullable=True),
        Column("traded_at_ns", "bigint"),
        Column("taker_side", "text"),
        *columns("text", "order_type", "liquidation", nullable=True),
        *columns("decimal", "contracts", "contract_size", nullable=True),
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
        Column("funding_rate", "rate"),
        Column("mark_price", "decimal", nullable=True),
        Column("venue_now_ms", "bigint"),
        *PROVENANCE,
    ),
    indexes=(("exchange_id", "symbol", "settled_at_ms"),),
)

FUNDING_INTERVALS = Table(
    "funding_intervals",  # how often a contract settles, as a venue had it at a moment
    (
        *INSTRUMENT,
        Column("observed_at_ms", "bigint"),
        Column("interval_hours", "bigint"),
        *columns("rate", "rate_cap", "rate_floor", nullable=True),
        Column("venue_now_ms", "bigint"),
        *PROVENANCE,
    ),
    indexes=(("exchange_id", "symbol", "observed_at_ms"),),
)

ORDER_BOOKS = Table(
    # a snapshot of a book as a venue sent it: `bids` and `asks` are the JSON of its
    # levels, the best ones; a level a row would be seven times the bytes; amounts of a
    # venue that counts contracts are of the size that is listed
    "order_books",
    (
        *INSTRUMENT,
        Column("snapshot_at_ms", "bigint"),
        Column("update_id", "text", nullable=True),
        Column("changed_at_ms", "bigint", nullable=True),
        *columns("text", "bids", "asks"),
        Column("contract_size", "decimal", nullable=True),
        Column("venue_now_ms", "bigint"),
        *PROVENANCE,
    ),
    indexes=(("exchange_id", "symbol", "snapshot_at_ms"),),
)

TICKERS = Table(
    # an instrument's ticker as a venue sent it in one answer; 0: nobody bids, or asks
    "tickers",
    (
        *INSTRUMENT,
        Column("quoted_at_ms", "bigint"),
        Column("update_id", "text", nullable=True),
        *columns("decimal", "bid", "bid_amount", "ask", "ask_amount", nullable=True),
        *columns("decimal", "last_price", "base_volume", "mark_price", nullable=True),
        *columns("decimal", "index_price", "open_interest", nullable=True),
        Column("venue_now_ms", "bigint"),
        *PROVENANCE,
    ),
    indexes=(("exchange_id", "symbol", "quoted_at_ms"),),
)

OPEN_INTEREST = Table(
    "open_interest",  # the open interest of a contract as a venue has it at a moment
    (
        *INSTRUMENT,
        Column("observed_at_ms", "bigint"),
        *columns(
            "decimal", "base_open_interest", "contracts_open_interest", nullable=True
        ),
        Column("venue_now_ms", "bigint"),
        *PROVENANCE,
    ),
    indexes=(("exchange_id", "symbol", "observed_at_ms"),),
)

OPEN_INTEREST_HISTORY = Table(
    "open_interest_history",  # the same of five minutes, as a venue keeps it
    (
        *INSTRUMENT,
        Column("observed_at_ms", "bigint"),
        *columns(
            "decimal", "base_open_interest", "contracts_open_interest", nullable=True
        ),
        Column("open_interest_value", "decimal", nullable=True),
        Column("venue_now_ms", "bigint"),
        *PROVENANCE,
    ),
    indexes=(("exchange_id", "symbol", "observed_at_ms"),),
)


def _ratios(name: str) -> Table:
    """A row is who is long and short in five minutes, as a venue counts them."""
    return Table(
        name,
        (
            *INSTRUMENT,
            Column("observed_at_ms", "bigint"),
            *columns("decimal", "long_ratio", "short_ratio", "long_short_ratio"),
            Column("venue_now_ms", "bigint"),
            *PROVENANCE,
        ),
        indexes=(("exchange_id", "symbol", "observed_at_ms"),),
    )


TOP_TRADER_ACCOUNTS = _ratios("top_trader_accounts")
TOP_TRADER_POSITIONS = _ratios("top_trader_positions")
GLOBAL_ACCOUNTS = _ratios("global_accounts")

TAKER_VOLUMES = Table(
    "taker_volumes",  # what takers bought and sold in five minutes, as a venue has it
    (
        *INSTRUMENT,
        Column("observed_at_ms", "bigint"),
        *columns("decimal", "taker_buy_base", "taker_sell_base"),
        *columns(
            "decimal", "taker_buy_contracts", "taker_sell_contracts", nullable=True
        ),
        Column("buy_sell_ratio", "decimal", nullable=True),
        Column("venue_now_ms", "bigint"),
        *PROVENANCE,
    ),
    indexes=(("exchange_id", "symbol", "observed_at_ms"),),
)

MARK_PRICES = Table(
    "mark_prices",  # what a contract is marked at, and its index, at a moment
    (
        *INSTRUMENT,
        Column("observed_at_ms", "bigint"),
        Column("mark_price", "decimal"),
        *columns("decimal", "index_price", "estimated_settle_price", nullable=True),
        *columns("rate", "last_funding_rate", "interest_rate", nullable=True),
        Column("next_funding_at_ms", "bigint", nullable=True),
        Column("venue_now_ms", "bigint"),
        *PROVENANCE,
    ),
    indexes=(("exchange_id", "symbol", "observed_at_ms"),),
)


def _reference_candles(name: str, kind: DataType) -> Table:
    """A row is a minute of what is computed, not traded, as a venue sent it."""
    return Table(
        name,
        (
            *SERIES,
            Column("opened_at_ms", "bigint"),
            *columns(kind, "open", "high", "low", "close"),
            Column("closed_at_ms", "bigint", nullable=True),
            Column("venue_now_ms", "bigint"),
            *PROVENANCE,
        ),
        indexes=(("exchange_id", "symbol", "opened_at_ms"),),
    )


MARK_OHLC = _reference_candles("mark_ohlc", "decimal")
INDEX_OHLC = _reference_candles("index_ohlc", "decimal")
PREMIUM_OHLC = _reference_candles("premium_ohlc", "rate")

GREEKS = ("delta", "gamma", "vega", "theta", "rho")

OPTION_QUOTES = Table(
    # an option's quote as a venue sent it in one answer; volatilities are in percent
    "option_quotes",
    (
        *INSTRUMENT,
        Column("quoted_at_ms", "bigint"),
        *columns("decimal", "bid", "bid_amount", "ask", "ask_amount", nullable=True),
        *columns("decimal", "mark_price", "last_price", nullable=True),
        *columns("decimal", "bid_iv", "ask_iv", "mark_iv", *GREEKS, nullable=True),
        Column("underlying_index", "text", nullable=True),
        *columns("decimal", "underlying_price", "index_price", nullable=True),
        *columns("decimal", "interest_rate", nullable=True),
        *columns("decimal", "open_interest", "base_volume", nullable=True),
        Column("venue_now_ms", "bigint"),
        *PROVENANCE,
    ),
    indexes=(("exchange_id", "symbol", "quoted_at_ms"),),
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
        Column("contract_size", "decimal", nullable=True),  # as ccxt reads the listing
        Column("launched_at_ms", "bigint", nullable=True),  # as the venue says
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
