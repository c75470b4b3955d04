"""The feeds of the exchange source: what a venue is asked for beside its listing."""

from collections.abc import Mapping
from datetime import timedelta

from pipelines.sources.exchange import tables
from pipelines.upstream.feed import MINUTE_MS, Axis, Feed

CANDLES = Feed(
    "candles",
    table=tables.OHLCV,
    axis=Axis("opened_at_ms", "ms", step=MINUTE_MS),
    way="span",
    row="candle",
    kinds={
        "open": "price",
        "high": "price",
        "low": "price",
        "close": "price",
        "base_volume": "amount",
        "quote_volume": "amount",
        "vwap": "amount",
        "taker_buy_base": "amount",
        "taker_buy_quote": "amount",
        "trades_count": "count",
        "closed_at_ms": "count",
    },
    required=frozenset({"open", "high", "low", "close", "base_volume"}),
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
        "price": "price",
        "base_amount": "price",  # above 0 as well
        "trade_id": "count",
        "first_trade_id": "count",
        "last_trade_id": "count",
    },
    required=frozenset(
        {
            "price",
            "base_amount",
            "trade_id",
            "first_trade_id",
            "last_trade_id",
            "taker_side",
        }
    ),
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
