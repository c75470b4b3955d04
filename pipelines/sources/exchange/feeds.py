"""The feeds of the exchange source: what a venue is asked for beside its listing."""

from collections.abc import Mapping
from datetime import timedelta

from pipelines.sources.exchange import tables
from pipelines.upstream.feed import MINUTE_MS, Axis, Feed

PRICES = ("open", "high", "low", "close")
AMOUNTS = ("price", "base_amount")
IDS = ("trade_id", "first_trade_id", "last_trade_id")

CANDLES = Feed(
    "candles",
    table=tables.OHLCV,
    axis=Axis("opened_at_ms", "ms", step=MINUTE_MS),
    way="span",
    row="candle",
    kinds={
        **dict.fromkeys(PRICES, "price"),
        **dict.fromkeys(("base_volume", "quote_volume", "vwap"), "amount"),
        **dict.fromkeys(("taker_buy_base", "taker_buy_quote"), "amount"),
        **dict.fromkeys(("trades_count", "closed_at_ms"), "count"),
    },
    required=frozenset({*PRICES, "base_volume"}),
    # one request has no fewer anywhere, and a quiet series has a row among them
    live=timedelta(hours=5),
    archived=("klines",),
    closes=True,
)

TRADES = Feed(
    "trades",
    table=tables.TRADES,
    axis=Axis("traded_at_ns", "ns"),
    way="walk",
    row="trade",
    kinds={
        **dict.fromkeys(AMOUNTS, "price"),  # amounts are above 0 as well
        **dict.fromkeys(IDS, "count"),
    },
    required=frozenset({*AMOUNTS, *IDS, "taker_side"}),
    # an aggregate is a taker's order: fewer rows than trades, and every id is covered
    archived=("agg_trades", "trades"),
)

# settled every 1, 4 or 8 hours, stamped some milliseconds off the hour: a row covers no
# more than its stamp
FUNDING_RATES = Feed(
    "funding_rates",
    table=tables.FUNDING_RATES,
    axis=Axis("settled_at_ms", "ms"),
    way="span",
    row="funding rate",
    kinds={"funding_rate": "rate", "mark_price": "amount"},
    required=frozenset({"funding_rate"}),
    live=timedelta(days=7),
    archived=("funding_rates",),
)

FEEDS: Mapping[str, Feed] = {
    feed.name: feed for feed in (CANDLES, TRADES, FUNDING_RATES)
}
