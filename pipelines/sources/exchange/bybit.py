"""Bybit as data: spot, and contracts that settle in their quote or their base.

One host, one budget; each kind is a category with a listing of its own. What settles in
its base is counted in dollars.
"""

from collections.abc import Mapping
from dataclasses import replace

from pipelines.sources.exchange.feeds import (
    CANDLES,
    FUNDING_RATES,
    MARK_PRICES,
    OPEN_INTEREST,
    OPEN_INTEREST_HISTORY,
    ORDER_BOOKS,
)
from pipelines.sources.exchange.routes import (
    BOOK,
    WEIGHT,
    ClockRoute,
    Depth,
    ListingRoute,
    SnapshotRoute,
    SpanRoute,
    TimeParam,
    VenueSpec,
    in_order,
)
from pipelines.upstream.budget import Limit
from pipelines.upstream.extents import HOUR_MS
from pipelines.upstream.market_rows import PRICES

LIST = ("result", "list")


def _candles(category: str, *volumes: str) -> SpanRoute:
    """The candles of a category; `volumes` is what they count."""
    return SpanRoute(
        method="publicGetV5MarketKline",
        weight=1,
        path=LIST,
        fixed={"category": category, "interval": "1", "limit": 1000},
        since=TimeParam("start", "ms"),
        until=TimeParam("end", "ms"),
        layout=in_order("opened_at", *PRICES, *volumes),
        cells=7,
        page_steps=1000,
    )


def _book(category: str, *levels: int) -> SnapshotRoute:
    """The book of a category, of at most so many levels."""
    return replace(
        BOOK,
        method="publicGetV5MarketOrderbook",
        path=("result",),
        fixed={"category": category},
        layout={
            "bids": "b",
            "asks": "a",
            "snapshot_at": "ts",
            "update_id": "u",
            "changed_at_ms": "cts",
        },
        depth=Depth("limit", dict.fromkeys(levels, 1)),
    )


def _routes(
    category: str, perpetual: str, volumes: tuple[str, ...], interest: str
) -> Mapping[str, SpanRoute | SnapshotRoute]:
    """How a category is asked.

    `perpetual` is the form of its perpetuals' names, `volumes` what its candles count,
    `interest` the column of its open interest.
    """
    of = {"category": category}
    tickers = SnapshotRoute(
        method="publicGetV5MarketTickers",
        weight=1,
        path=LIST,
        symbol_param=None,
        fixed=of,
        layout={"venue_symbol": "symbol", interest: "openInterest"},
    )
    return {
        CANDLES.name: _candles(category, *volumes),
        FUNDING_RATES.name: SpanRoute(
            method="publicGetV5MarketFundingHistory",
            weight=1,
            path=LIST,
            symbol_form=perpetual,
            fixed={**of, "limit": 200},
            since=TimeParam("startTime", "ms"),
            until=TimeParam("endTime", "ms"),
            layout={
                "settled_at": "fundingRateTimestamp",
                "funding_rate": "fundingRate",
            },
            page_steps=199 * HOUR_MS,
            sends_empty=False,
        ),
        ORDER_BOOKS.name: _book(category, 1, 25, 50, 100, 200, 500),
        OPEN_INTEREST.name: tickers,
        MARK_PRICES.name: replace(
            tickers,
            layout={
                "venue_symbol": "symbol",
                "mark_price": "markPrice",
                "index_price": "indexPrice",
            },
        ),
        OPEN_INTEREST_HISTORY.name: SpanRoute(
            method="publicGetV5MarketOpenInterest",
            weight=1,
            path=LIST,
            fixed={**of, "intervalTime": "5min", "limit": 200},
            since=TimeParam("startTime", "ms"),
            until=TimeParam("endTime", "ms"),
            layout={"observed_at": "timestamp", interest: "openInterest"},
            page_steps=200,
        ),
    }


def _listing(category: str) -> ListingRoute:
    """Of a category; a page has at most 1000, which none has reached."""
    return ListingRoute(
        method="publicGetV5MarketInstrumentsInfo",
        weight=1,
        path=LIST,
        fixed={"category": category, "limit": 1000},
        id_field="symbol",
        rest=("result", "nextPageCursor"),
    )


# https://bybit-exchange.github.io/docs/v5/market/kline: at most 1000 rows, the newest
# first, both ends inside; `volume` is in the base, `turnover` in the quote, and of what
# settles in its base the other way round. …/history-fund-rate: 200 rows. …/orderbook:
# up to 500 levels. …/tickers: a category in one answer. …/open-interest: 200 rows.
# …/recent-trade has the newest 1000 alone, under names that are no numbers: trades are
# not asked for. 600 requests in five seconds of an address:
# https://bybit-exchange.github.io/docs/v5/rate-limit, read 2026-11
LINEAR = VenueSpec(
    exchange_id="bybit",
    ccxt_class="bybit",
    market="linear",
    shares_budget=True,
    routes=_routes(
        "linear",
        r"([^-]+)",  # BTCUSDT and BTCPERP, not BTCUSDT-26DEC25
        ("base_volume", "quote_volume"),
        "base_open_interest",
    ),
    listing=_listing("linear"),
    clock=ClockRoute(method="publicGetV5MarketTime", weight=1, path=("time",)),
    limits={WEIGHT: Limit(weight=600, window_s=5, burst=50)},
    ccxt_options={"fetchMarkets": {"types": ["linear"]}},
)
INVERSE = replace(
    LINEAR,
    market="inverse",
    routes=_routes(
        "inverse",
        r"(.+USD)",  # not BTCUSDZ25
        ("quote_volume", "base_volume"),
        "contracts_open_interest",
    ),
    listing=_listing("inverse"),
    ccxt_options={"fetchMarkets": {"types": ["inverse"]}},
)
SPOT = replace(
    LINEAR,
    market="spot",
    routes={
        CANDLES.name: _candles("spot", "base_volume", "quote_volume"),
        ORDER_BOOKS.name: _book("spot", 1, 25, 50, 100, 200),
    },
    # all in one answer, which takes neither a limit nor a cursor
    listing=replace(_listing("spot"), fixed={"category": "spot"}, rest=()),
    ccxt_options={"fetchMarkets": {"types": ["spot"]}},
)
