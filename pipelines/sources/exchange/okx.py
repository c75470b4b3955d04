"""OKX as data: spot, and contracts that settle in their quote or their base.

One host, one budget for all; dated contracts are listed apart from perpetuals. Amounts
of contracts are counted in a size that is listed: so much of the base, or of the quote
where they settle in their base.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from pipelines.sources.exchange.feeds import (
    CANDLES,
    FUNDING_RATES,
    MARK_PRICES,
    OPEN_INTEREST,
    ORDER_BOOKS,
    TRADES,
)
from pipelines.sources.exchange.routes import (
    BOOK,
    WEIGHT,
    ClockRoute,
    Depth,
    IdCursor,
    ListingRoute,
    SnapshotRoute,
    SpanRoute,
    TimeParam,
    VenueSpec,
    WalkRoute,
    in_order,
)
from pipelines.upstream.budget import Limit
from pipelines.upstream.extents import HOUR_MS
from pipelines.upstream.market_rows import PRICES

NAME = "instId"
PERPETUAL, DATED = {"instType": "SWAP"}, {"instType": "FUTURES"}
SPOT_PAIR = {"instType": "SPOT"}
DATA = ("data",)
# beside its amount
TRADE = {"trade_id": "tradeId", "price": "px", "traded_at": "ts", "taker_side": "side"}
# `before` and `after` leave out the stamp they name; rows run from the newest down
SINCE = TimeParam("before", "ms", offset_ms=-1)
UNTIL = TimeParam("after", "ms", offset_ms=1)

# https://www.okx.com/docs-v5/en/#order-book-trading-market-data-get-candlesticks: at
# most 300 rows, of the newest 1,440 minutes; …-get-candlesticks-history has those
# before. A minute without a trade is a flat one. …-get-trades-history: at most 100
# below a trade's id, of three months. …-get-order-book: at most 400 levels, each a
# price, an amount, a 0, and how many orders.
# …#public-data-rest-api-get-funding-rate-history: at most 400 rows of three months;
# `realizedRate` is what was paid, `fundingRate` what had been predicted.
# …-get-open-interest, …-get-mark-price, …-get-instruments: all perpetuals, or all dated
# contracts, in one answer; no index is among them.
# Each endpoint has a limit of its own, of 10 to 40 requests in two seconds: all that is
# asked here spends no more than the least, read 2026-11
CANDLE_ROUTE = SpanRoute(
    method="publicGetMarketCandles",
    older=(timedelta(minutes=1439), "publicGetMarketHistoryCandles"),
    weight=1,
    path=DATA,
    symbol_param=NAME,
    fixed={"bar": "1m", "limit": 300},
    since=SINCE,
    until=UNTIL,
    layout=in_order("opened_at", *PRICES, "contracts", "base_volume", "quote_volume"),
    cells=9,
    page_steps=300,
)
TRADE_ROUTE = WalkRoute(
    method="publicGetMarketHistoryTrades",
    weight=1,
    path=DATA,
    symbol_param=NAME,
    cursor=IdCursor("after", is_backward=True),
    page_rows=100,
    # a day less: months are of 28 days at least
    reach=timedelta(days=83),
    counts_contracts=True,
    layout={**TRADE, "contracts": "sz"},
    words={"taker_side": {"buy": "buy", "sell": "sell"}},
)
BOOK_ROUTE = replace(
    BOOK,
    method="publicGetMarketBooks",
    path=(*DATA, "0"),
    symbol_param=NAME,
    counts_contracts=True,
    layout={**BOOK.layout, "snapshot_at": "ts", "update_id": "seqId"},
    optional=frozenset({"update_id"}),
    depth=Depth("sz", dict.fromkeys((1, 5, 20, 50, 100, 400), 1)),
)


def _of_all(kind: Mapping[str, str]) -> Mapping[str, SnapshotRoute]:
    """What one answer has of all contracts of a kind."""
    of_open = SnapshotRoute(
        method="publicGetPublicOpenInterest",
        weight=1,
        path=DATA,
        symbol_param=None,
        fixed=kind,
        layout={
            "venue_symbol": NAME,
            "observed_at": "ts",
            "contracts_open_interest": "oi",
            "base_open_interest": "oiCcy",
        },
    )
    of_marks = replace(
        of_open,
        method="publicGetPublicMarkPrice",
        layout={"venue_symbol": NAME, "observed_at": "ts", "mark_price": "markPx"},
    )
    return {OPEN_INTEREST.name: of_open, MARK_PRICES.name: of_marks}


LINEAR = VenueSpec(
    exchange_id="okx",
    ccxt_class="okx",
    market="linear",
    shares_budget=True,
    routes={
        CANDLES.name: CANDLE_ROUTE,
        TRADES.name: TRADE_ROUTE,
        FUNDING_RATES.name: SpanRoute(
            method="publicGetPublicFundingRateHistory",
            weight=1,
            path=DATA,
            symbol_param=NAME,
            fixed={"limit": 400},
            since=SINCE,
            until=UNTIL,
            layout={"settled_at": "fundingTime", "funding_rate": "realizedRate"},
            page_steps=399 * HOUR_MS,
            sends_empty=False,
        ),
        ORDER_BOOKS.name: BOOK_ROUTE,
        **_of_all(PERPETUAL),
    },
    listing=ListingRoute(
        method="publicGetPublicInstruments",
        weight=1,
        path=DATA,
        fixed=PERPETUAL,
        id_field=NAME,
        status_field="state",
    ),
    # its `Date` header is used; where an answer lacks it, this is asked
    clock=ClockRoute(method="publicGetPublicTime", weight=1, path=(*DATA, "0", "ts")),
    limits={WEIGHT: Limit(weight=10, window_s=2, burst=3)},
    ccxt_options={"fetchMarkets": {"types": ["swap"]}},
)
INVERSE = replace(LINEAR, market="inverse")
LINEAR_DATED = replace(
    LINEAR,
    is_dated=True,
    routes={
        CANDLES.name: CANDLE_ROUTE,
        TRADES.name: TRADE_ROUTE,
        ORDER_BOOKS.name: BOOK_ROUTE,
        **_of_all(DATED),
    },
    listing=replace(LINEAR.listing, fixed=DATED),
    ccxt_options={"fetchMarkets": {"types": ["future"]}},
)
INVERSE_DATED = replace(LINEAR_DATED, market="inverse")
SPOT = replace(
    LINEAR,
    market="spot",
    routes={
        CANDLES.name: replace(
            CANDLE_ROUTE,
            layout=in_order("opened_at", *PRICES, "base_volume", "quote_volume"),
        ),
        TRADES.name: replace(
            TRADE_ROUTE,
            counts_contracts=False,
            layout={**TRADE, "base_amount": "sz"},
        ),
        ORDER_BOOKS.name: replace(BOOK_ROUTE, counts_contracts=False),
    },
    listing=replace(LINEAR.listing, fixed=SPOT_PAIR),
    ccxt_options={"fetchMarkets": {"types": ["spot"]}},
)
