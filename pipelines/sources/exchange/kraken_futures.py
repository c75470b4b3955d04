"""Kraken Futures as data: contracts that settle in dollars, and in their base.

A venue of its own, without a spot market: one host, one listing, one budget for both.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from pipelines.sources.exchange.feeds import (
    CANDLES,
    FUNDING_RATES,
    MARK_PRICES,
    OPEN_INTEREST,
    ORDER_BOOKS,
    TICKERS,
    TRADES,
)
from pipelines.sources.exchange.routes import (
    BOOK,
    WEIGHT,
    ClockRoute,
    Depth,
    EndCursor,
    FeedRoute,
    ListingRoute,
    SnapshotRoute,
    SpanRoute,
    TimeParam,
    VenueSpec,
    WalkRoute,
)
from pipelines.upstream.budget import Limit
from pipelines.upstream.feed import MINUTE_MS
from pipelines.upstream.market_rows import PRICES

Asked = TypeVar("Asked", bound=FeedRoute)


def _of_tickers(layout: Mapping[str, str]) -> SnapshotRoute:
    """Of all instruments; an index, which is among them, has none of it."""
    return SnapshotRoute(
        method="publicGetTickers",
        weight=1,
        path=(TICKERS.name,),
        symbol_param=None,
        layout={"venue_symbol": "symbol", **layout},
        optional=frozenset(layout),
    )


def _in_quote(route: Asked, column: str) -> Asked:
    """The route where what it counts in that column of the base is the quote's."""
    told = {column: column.replace("base", "quote")}
    layout = {told.get(name, name): place for name, place in route.layout.items()}
    return replace(route, layout=layout)


MARKS = {"mark_price": "markPrice", "index_price": "indexPrice"}


# https://docs.kraken.com/api-reference/candles/market-candles: at most 2000 candles,
# `from` and `to` inside; the volume is in the base of contracts that settle in dollars.
# https://docs.kraken.com/api/docs/futures-api/trading/historical-funding-rates: all
# there is, whatever is asked. `relativeFundingRate` is the rate of an hour;
# `fundingRate` is dollars a contract. …/get-orderbook: all levels; …/get-tickers: all
# instruments, indexes among them, which have a last price alone.
# https://docs.kraken.com/api-reference/market-data/get-trade-history: the newest 100
# before `lastTime`, of the last seven days, or since its engine last started; ids count
# a contract's trades from 1, `side` is the taker's, and a `type` is a liquidation.
# No limit of requests without keys is written; a client with keys may spend 500 in ten
# seconds, of which its cheaper requests cost some each:
# https://docs.kraken.com/api/docs/guides/futures-rate-limits, read 2026-11
LINEAR = VenueSpec(
    exchange_id="kraken_futures",
    ccxt_class="krakenfutures",
    market="linear",
    shares_budget=True,
    routes={
        CANDLES.name: SpanRoute(
            method="chartsGetPriceTypeSymbolInterval",
            weight=1,
            path=(CANDLES.name,),  # it calls them as we do
            fixed={"price_type": "trade", "interval": "1m"},
            since=TimeParam("from", "s"),
            until=TimeParam("to", "s", offset_ms=MINUTE_MS - 1),
            layout={
                "opened_at": "time",
                **{name: name for name in PRICES},
                "base_volume": "volume",
            },
            page_steps=2000,
            sends_empty=False,
        ),
        TRADES.name: WalkRoute(
            method="publicGetHistory",
            weight=1,
            path=("history",),
            cursor=EndCursor("lastTime"),
            limit_param=None,
            page_rows=100,
            reach=timedelta(days=7),
            layout={
                "trade_id": "trade_id",
                "price": "price",
                "base_amount": "size",
                "traded_at": "time",
                "taker_side": "side",
                "liquidation": "type",
            },
            optional=frozenset({"liquidation"}),
            stamp="iso",
            words={
                "taker_side": {"buy": "buy", "sell": "sell"},
                "liquidation": {"liquidation": "liquidation"},
            },
        ),
        FUNDING_RATES.name: SpanRoute(
            method="publicGetHistoricalfundingrates",
            weight=1,
            path=("rates",),
            since=None,
            layout={"settled_at": "timestamp", "funding_rate": "relativeFundingRate"},
            stamp_unit_ms=None,
            sends_empty=False,
        ),
        ORDER_BOOKS.name: replace(
            BOOK,
            method="publicGetOrderbook",
            layout={
                "bids": ("orderBook", "bids"),
                "asks": ("orderBook", "asks"),
                "snapshot_at": "serverTime",
            },
            stamp_unit_ms=None,
            depth=Depth(),
        ),
        OPEN_INTEREST.name: _of_tickers({"base_open_interest": "openInterest"}),
        MARK_PRICES.name: _of_tickers(MARKS),
        TICKERS.name: _of_tickers(
            {
                "bid": "bid",
                "bid_amount": "bidSize",
                "ask": "ask",
                "ask_amount": "askSize",
                "last_price": "last",
                "base_volume": "vol24h",
                **MARKS,
                "open_interest": "openInterest",
            }
        ),
    },
    listing=ListingRoute(
        method="publicGetInstruments",
        weight=1,
        path=("instruments",),
        id_field="symbol",
    ),
    clock=ClockRoute(
        method="publicGetTickers", weight=1, path=("serverTime",), unit_ms=None
    ),
    limits={WEIGHT: Limit(weight=100, window_s=10, burst=10)},
)

# what is traded is counted in contracts of a dollar, and no candle says how much of the
# base that was; a trade has its price
_TICKERS = LINEAR.routes[TICKERS.name]
INVERSE = replace(
    LINEAR,
    market="inverse",
    routes={
        CANDLES.name: _in_quote(LINEAR.routes[CANDLES.name], "base_volume"),
        TRADES.name: _in_quote(LINEAR.routes[TRADES.name], "base_amount"),
        FUNDING_RATES.name: LINEAR.routes[FUNDING_RATES.name],
        ORDER_BOOKS.name: LINEAR.routes[ORDER_BOOKS.name],
        OPEN_INTEREST.name: _of_tickers({"contracts_open_interest": "openInterest"}),
        MARK_PRICES.name: LINEAR.routes[MARK_PRICES.name],
        TICKERS.name: replace(
            _TICKERS,
            layout={k: v for k, v in _TICKERS.layout.items() if k != "base_volume"},
        ),
    },
)
