"""What candles, trades, rates, books, tickers and the like must be, whoever sends them.

A venue's answers and an archive's files have some of these columns each.
"""

from dataclasses import replace

from pipelines.upstream.feed import MINUTE_MS, Axis, RowRules

PRICES = ("open", "high", "low", "close")
AMOUNTS = ("price", "base_amount")
IDS = ("trade_id", "first_trade_id", "last_trade_id")

CANDLE_AXIS = Axis("opened_at_ms", "ms", step=MINUTE_MS)
CANDLE = RowRules(
    row="candle",
    kinds={
        **dict.fromkeys(PRICES, "price"),
        **dict.fromkeys(("base_volume", "quote_volume", "vwap"), "amount"),
        **dict.fromkeys(("taker_buy_base", "taker_buy_quote"), "amount"),
        **dict.fromkeys(("contracts", "taker_buy_contracts"), "amount"),
        **dict.fromkeys(("trades_count", "closed_at_ms"), "count"),
    },
    required=frozenset({*PRICES, "base_volume"}),
    ordered=(("low", "high"),),
    between=dict.fromkeys(("open", "close"), ("low", "high")),
)

TRADE_AXIS = Axis("traded_at_ns", "ns")
TRADE = RowRules(
    row="trade",
    kinds={
        # amounts are above 0 as well; what was paid may be too little for its decimals
        **dict.fromkeys((*AMOUNTS, "contracts"), "price"),
        "quote_amount": "amount",
        "liquidation": "text",
        **dict.fromkeys((*IDS, "agg_trade_id"), "count"),
    },
    # of the amounts those that the venue counts
    required=frozenset({*AMOUNTS, "quote_amount", "contracts", *IDS, "taker_side"}),
    ordered=(("first_trade_id", "last_trade_id"),),
)

# settled every 1, 4 or 8 hours, stamped some milliseconds off the hour: a row covers no
# more than its stamp
FUNDING_AXIS = Axis("settled_at_ms", "ms")
FUNDING_RATE = RowRules(
    row="funding rate",
    kinds={"funding_rate": "rate", "mark_price": "amount", "interval_hours": "count"},
    required=frozenset({"funding_rate"}),
)

# what is in force when it is said; a venue may say it of some contracts alone
FUNDING_INTERVAL = RowRules(
    row="funding interval",
    kinds={
        "interval_hours": "count",
        **dict.fromkeys(("rate_cap", "rate_floor"), "rate"),
    },
    required=frozenset({"interval_hours"}),
)

# a snapshot a minute, unless the operator has it otherwise
SNAPSHOT_MS = MINUTE_MS

BOOK_AXIS = Axis("snapshot_at_ms", "ms", step=SNAPSHOT_MS)
BOOK = RowRules(
    row="order book",
    # crossed, locked and one-sided books are kept: what they are worth says the mart
    kinds={
        "update_id": "text",
        "changed_at_ms": "count",
        **dict.fromkeys(("bids", "asks"), "levels"),
    },
    required=frozenset({"bids", "asks"}),
)

TICKER_AXIS = Axis("quoted_at_ms", "ms", step=SNAPSHOT_MS)
TICKER = RowRules(
    row="ticker",
    kinds={
        "update_id": "text",
        # venues send 0 where nobody bids, or nothing was traded
        **dict.fromkeys(("bid", "bid_amount", "ask", "ask_amount"), "amount"),
        **dict.fromkeys(("last_price", "mark_price", "index_price"), "amount"),
        **dict.fromkeys(("base_volume", "open_interest"), "amount"),
    },
)

# what lies within so many percent of the mid: below it the bids, above it the asks
DEPTH_AXIS = Axis("snapshot_at_ms", "ms")
DEPTH = RowRules(
    row="depth of a band",
    kinds={
        "band_pct": "signed",
        **dict.fromkeys(("base_depth", "contracts_depth", "quote_depth"), "amount"),
    },
)
# a row for each change of the best bid or ask
CHANGE_AXIS = Axis("changed_at_ms", "ms")

# an order that closed a position by force; what of it was filled may be nothing
LIQUIDATION_AXIS = Axis("liquidated_at_ms", "ms")
LIQUIDATION = RowRules(
    row="liquidation",
    kinds={
        "price": "price",
        **dict.fromkeys(("average_price", "contracts"), "amount"),
        **dict.fromkeys(("last_filled_contracts", "filled_contracts"), "amount"),
        **dict.fromkeys(("side", "order_type", "time_in_force"), "text"),
        "order_status": "text",
    },
)

FIVE_MINUTES_MS = 5 * MINUTE_MS
OBSERVATION_AXIS = Axis("observed_at_ms", "ms", step=FIVE_MINUTES_MS)
OPEN_INTEREST = RowRules(
    row="open interest",
    kinds={
        **dict.fromkeys(("base_open_interest", "contracts_open_interest"), "amount"),
        "open_interest_value": "amount",
    },
    # of a venue that counts contracts the base may be missing
    required=frozenset({"base_open_interest", "contracts_open_interest"}),
)
METRICS = RowRules(
    row="open interest",
    kinds={
        **OPEN_INTEREST.kinds,
        **dict.fromkeys(("top_trader_accounts_ratio", "taker_ratio"), "amount"),
        "top_trader_positions_ratio": "amount",
        "global_accounts_ratio": "amount",
    },
)
LONG_SHORT = RowRules(
    row="long/short ratio",
    kinds=dict.fromkeys(("long_ratio", "short_ratio", "long_short_ratio"), "amount"),
    required=frozenset({"long_ratio", "short_ratio", "long_short_ratio"}),
)
TAKER_VOLUME = RowRules(
    row="taker volume",
    kinds={
        **dict.fromkeys(("taker_buy_base", "taker_sell_base"), "amount"),
        **dict.fromkeys(("taker_buy_contracts", "taker_sell_contracts"), "amount"),
        "buy_sell_ratio": "amount",
    },
    required=frozenset({"taker_buy_base", "taker_sell_base"}),
)
MARK_PRICE = RowRules(
    row="mark price",
    kinds={
        "mark_price": "price",
        **dict.fromkeys(("index_price", "estimated_settle_price"), "amount"),
        **dict.fromkeys(("last_funding_rate", "interest_rate"), "rate"),
        "next_funding_at_ms": "count",
    },
    required=frozenset({"mark_price"}),
)
OPTION_QUOTE = RowRules(
    row="option quote",
    kinds={
        **dict.fromkeys(("bid", "bid_amount", "ask", "ask_amount"), "amount"),
        **dict.fromkeys(("mark_price", "last_price"), "amount"),
        **dict.fromkeys(("bid_iv", "ask_iv", "mark_iv"), "amount"),
        **dict.fromkeys(("delta", "gamma", "vega", "theta", "rho"), "signed"),
        "underlying_index": "text",
        **dict.fromkeys(("underlying_price", "index_price"), "amount"),
        "interest_rate": "signed",
        **dict.fromkeys(("open_interest", "base_volume"), "amount"),
    },
)
# an option's hour: what was traded in it, and the quote that it had
SUMMARY_AXIS = Axis("hour_at_ms", "ms")
OPTION_SUMMARY = RowRules(
    row="summary of an option's hour",
    kinds={
        **OPTION_QUOTE.kinds,
        "option_name": "text",
        **dict.fromkeys((*PRICES, "contracts", "quote_volume"), "amount"),
        "open_interest_value": "amount",
    },
    ordered=CANDLE.ordered,
)
VOLATILITY_AXIS = Axis("calculated_at_ms", "ms")
VOLATILITY = RowRules(row="value of a volatility index", kinds={"index_value": "price"})
REFERENCE_CANDLE = RowRules(
    row="candle of a reference price",
    kinds={**dict.fromkeys(PRICES, "price"), "closed_at_ms": "count"},
    required=frozenset(PRICES),
    ordered=CANDLE.ordered,
    between=CANDLE.between,
)
# how far the contract is from its index, as a ratio of it: of either sign, and no price
PREMIUM_CANDLE = replace(
    REFERENCE_CANDLE,
    row="candle of a premium",
    kinds={**REFERENCE_CANDLE.kinds, **dict.fromkeys(PRICES, "rate")},
)
