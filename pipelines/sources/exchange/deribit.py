"""Deribit as data: contracts that settle in their base, or in dollars, and options.

A venue of its own, of which no spot market is collected: one host, one listing, one
budget for all. Of what settles in its base amounts and open interest are dollars; of
the others, and of options, they are the base's.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipelines.sources.exchange.feeds import (
    CANDLES,
    FUNDING_RATES,
    MARK_PRICES,
    OPEN_INTEREST,
    OPTION_QUOTES,
    ORDER_BOOKS,
    TICKERS,
    TRADES,
)
from pipelines.sources.exchange.routes import (
    BOOK,
    WEIGHT,
    ClockRoute,
    Depth,
    IdCursor,
    ListingRoute,
    Place,
    SnapshotRoute,
    SpanRoute,
    TimeParam,
    VenueSpec,
    WalkRoute,
)
from pipelines.sources.exchange.tables import GREEKS
from pipelines.upstream.budget import Limit
from pipelines.upstream.extents import HOUR_MS
from pipelines.upstream.market_rows import PRICES

NAME = "instrument_name"
LISTING = "listing"
BEST = {
    "bid": "best_bid_price",
    "bid_amount": "best_bid_amount",
    "ask": "best_ask_price",
    "ask_amount": "best_ask_amount",
}


def _span(**declared: Any) -> SpanRoute:
    """What an instrument has of a span, of which the venue may leave the first out.

    https://github.com/ccxt/ccxt/pull/21062
    """
    return SpanRoute(
        weight=1,
        symbol_param=NAME,
        since=TimeParam("start_timestamp", "ms", offset_ms=-1),
        until=TimeParam("end_timestamp", "ms"),
        **declared,
    )


def _trades(amount: str) -> WalkRoute:
    """Numbered by instrument without a hole; `amount`: what of the pair is counted."""
    return WalkRoute(
        method="publicGetGetLastTradesByInstrument",
        weight=1,
        path=("result", "trades"),
        symbol_param=NAME,
        cursor=IdCursor(
            "start_seq", since_param="start_timestamp", newest={"sorting": "desc"}
        ),
        limit_param="count",
        fixed={"sorting": "asc", "include_old": "true"},
        layout={
            "trade_id": "trade_seq",
            "price": "price",
            amount: "amount",
            "traded_at": "timestamp",
            "taker_side": "direction",
            "liquidation": "liquidation",
        },
        optional=frozenset({"liquidation"}),
        words={"taker_side": {"buy": "buy", "sell": "sell"}},
    )


def _ticker(stamp: str, layout: Mapping[str, Place]) -> SnapshotRoute:
    """What the ticker of an instrument says; what there is none of is null, or not."""
    return SnapshotRoute(
        method="publicGetTicker",
        weight=1,
        path=("result",),
        symbol_param=NAME,
        shape="row",
        layout={stamp: "timestamp", **layout},
        optional=frozenset(layout),
    )


def _summary(kind: str, stamp: str, layout: Mapping[str, Place]) -> SnapshotRoute:
    """The book summary of all of a kind that settles in a currency."""
    return SnapshotRoute(
        method="publicGetGetBookSummaryByCurrency",
        weight=1,
        path=("result",),
        symbol_param="currency",
        is_of_settle=True,
        is_chain=kind == "option",
        fixed={"kind": kind},
        layout={"venue_symbol": NAME, stamp: "creation_timestamp", **layout},
        optional=frozenset(layout),
    )


def _open_interest(column: str) -> SnapshotRoute:
    return _summary("future", "observed_at", {column: "open_interest"})


# https://docs.deribit.com/api-reference/market-data/public-get_tradingview_chart_data:
# at most 5000 candles, a list a column; a quiet minute is a flat one of volume zero.
# …/public-get_funding_rate_history: at most 744 rows of an hour. `interest_1h` is what
# was paid in it; `interest_8h`, which ccxt reads, was in the eight hours up to it.
# …/public-get_last_trades_by_instrument: at most 1000; `liquidation` says whether maker
# or taker, or both, were liquidated. …/public-get_order_book: one of these depths.
# …/public-get_book_summary_by_currency: no greeks; the currency is what is settled in.
# Beyond 20 requests a second a budget of 100 is spent; a listing costs as much as 20:
# https://docs.deribit.com/articles/rate-limits, read 2026-11
INVERSE = VenueSpec(
    exchange_id="deribit",
    ccxt_class="deribit",
    market="inverse",
    shares_budget=True,
    routes={
        CANDLES.name: _span(
            method="publicGetGetTradingviewChartData",
            path=("result",),
            shape="columns",
            fixed={"resolution": 1},
            layout={
                "opened_at": "ticks",
                **{name: name for name in PRICES},
                "base_volume": "volume",
                "quote_volume": "cost",
            },
            page_steps=5000,
        ),
        TRADES.name: _trades("quote_amount"),
        FUNDING_RATES.name: _span(
            method="publicGetGetFundingRateHistory",
            path=("result",),
            symbol_form=r"(.+-PERPETUAL)",
            layout={"settled_at": "timestamp", "funding_rate": "interest_1h"},
            page_steps=743 * HOUR_MS,
            sends_empty=False,
        ),
        ORDER_BOOKS.name: replace(
            BOOK,
            method="publicGetGetOrderBook",
            path=("result",),
            symbol_param=NAME,
            layout={
                **BOOK.layout,
                "snapshot_at": "timestamp",
                "update_id": "change_id",
            },
            depth=Depth(
                "depth", dict.fromkeys((1, 5, 10, 20, 50, 100, 1000, 10_000), 1)
            ),
        ),
        TICKERS.name: _ticker(
            "quoted_at",
            {
                **BEST,
                "last_price": "last_price",
                "base_volume": ("stats", "volume"),
                "mark_price": "mark_price",
                "index_price": "index_price",
                "open_interest": "open_interest",
            },
        ),
        MARK_PRICES.name: _ticker(
            "observed_at",
            {
                "mark_price": "mark_price",
                "index_price": "index_price",
                "estimated_settle_price": "estimated_delivery_price",
            },
        ),
        OPEN_INTEREST.name: _open_interest("contracts_open_interest"),
        # of all options on the pair, one request a currency
        OPTION_QUOTES.name: _summary(
            "option",
            "quoted_at",
            {
                "bid": "bid_price",
                "ask": "ask_price",
                "mark_price": "mark_price",
                "last_price": "last",
                "mark_iv": "mark_iv",
                "underlying_index": "underlying_index",
                "underlying_price": "underlying_price",
                "interest_rate": "interest_rate",
                "open_interest": "open_interest",
                "base_volume": "volume",
            },
        ),
    },
    listing=ListingRoute(
        method="publicGetGetInstruments",
        weight=1,
        path=("result",),
        limit=LISTING,
        id_field=NAME,
        status_field="state",
    ),
    clock=ClockRoute(method="publicGetGetTime", weight=1, path=("result",)),
    limits={
        WEIGHT: Limit(weight=20, window_s=1, burst=4),
        LISTING: Limit(weight=60, window_s=60, burst=2),
    },
)
LINEAR = replace(
    INVERSE,
    market="linear",
    routes={
        **INVERSE.routes,
        TRADES.name: _trades("base_amount"),
        OPEN_INTEREST.name: _open_interest("base_open_interest"),
    },
)
# an option that is chosen itself: its ticker has the greeks, one request an instrument
OPTIONS = replace(
    INVERSE,
    market="option",
    routes={
        **{
            name: LINEAR.routes[name]
            for name in (CANDLES.name, TRADES.name, ORDER_BOOKS.name, TICKERS.name)
        },
        OPTION_QUOTES.name: _ticker(
            "quoted_at",
            {
                **BEST,
                "mark_price": "mark_price",
                "last_price": "last_price",
                **{name: name for name in ("bid_iv", "ask_iv", "mark_iv")},
                **{name: ("greeks", name) for name in GREEKS},
                "underlying_index": "underlying_index",
                "underlying_price": "underlying_price",
                "index_price": "index_price",
                "interest_rate": "interest_rate",
                "open_interest": "open_interest",
                "base_volume": ("stats", "volume"),
            },
        ),
    },
)
