"""The feeds of the exchange source: what a venue is asked for beside its listing."""

from collections.abc import Mapping
from datetime import timedelta

from pipelines.sources.exchange import tables
from pipelines.upstream import market_rows
from pipelines.upstream.feed import Feed

CANDLES = Feed(
    "candles",
    table=tables.OHLCV,
    axis=market_rows.CANDLE_AXIS,
    way="span",
    # one request has no fewer anywhere, and a quiet series has a row among them
    live=timedelta(hours=5),
    archived=("klines",),
    closes=True,
    **vars(market_rows.CANDLE),
)

TRADES = Feed(
    "trades",
    table=tables.TRADES,
    axis=market_rows.TRADE_AXIS,
    way="walk",
    # an aggregate is a taker's order: fewer rows than trades, and every id is covered
    archived=("agg_trades", "trades"),
    **vars(market_rows.TRADE),
)

FUNDING_RATES = Feed(
    "funding_rates",
    table=tables.FUNDING_RATES,
    axis=market_rows.FUNDING_AXIS,
    way="span",
    live=timedelta(days=7),
    archived=("funding_rates",),
    **vars(market_rows.FUNDING_RATE),
)

FEEDS: Mapping[str, Feed] = {
    feed.name: feed for feed in (CANDLES, TRADES, FUNDING_RATES)
}
