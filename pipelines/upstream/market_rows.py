"""What a candle, a trade and a funding rate must be, whoever sends them.

A venue's answers and an archive's files have some of these columns each.
"""

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
        **dict.fromkeys((*IDS, "agg_trade_id"), "count"),
    },
    required=frozenset({*AMOUNTS, *IDS, "taker_side"}),
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
