"""The venues as data: how each is asked, what it answers, what it allows.

A market of a venue is one declaration. Nothing else in this package knows a venue's
name.
"""

from collections.abc import Mapping
from dataclasses import replace

from pipelines.errors import SetupError
from pipelines.sources.exchange import (
    binance_contracts,
    bybit,
    deribit,
    kraken_futures,
    okx,
)
from pipelines.sources.exchange.feeds import (
    CANDLES,
    FUNDING_RATES,
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
    Market,
    SnapshotRoute,
    SpanRoute,
    TimeCursor,
    TimeParam,
    VenueSpec,
    WalkRoute,
    in_order,
    is_dated,
    market_of,
)
from pipelines.upstream.budget import Limit
from pipelines.upstream.extents import HOUR_MS
from pipelines.upstream.feed import MINUTE_MS
from pipelines.upstream.market_rows import PRICES

QUOTES = {"bid": "bidPrice", "bid_amount": "bidQty"}
QUOTES |= {"ask": "askPrice", "ask_amount": "askQty"}

# https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints
# (klines: weight 2, at most 1000 rows, flat rows of volume zero for quiet minutes;
# aggTrades: weight 4, at most 1000 rows; `fromId` is included; depth: 5, 25, 50 or 250
# by its levels; ticker/bookTicker of all symbols: 4) and …/general-endpoints
# (exchangeInfo 20, time 1, REQUEST_WEIGHT 6000 a minute). Read 2026-11; look again
# when exchangeInfo's `rateLimits` says otherwise. Where `startTime` is sent, `limit`
# has been seen to count from the end of a time range, so that what it finds is checked:
# https://github.com/binance/binance-spot-api-docs/issues/10
BINANCE = VenueSpec(
    exchange_id="binance",
    ccxt_class="binance",
    routes={
        CANDLES.name: SpanRoute(
            method="publicGetKlines",
            weight=2,
            fixed={"interval": "1m", "limit": 1000},
            since=TimeParam("startTime", "ms"),
            until=TimeParam("endTime", "ms", offset_ms=MINUTE_MS - 1),
            layout=in_order(
                "opened_at",
                *PRICES,
                "base_volume",
                "closed_at_ms",
                "quote_volume",
                "trades_count",
                "taker_buy_base",
                "taker_buy_quote",
            ),
            cells=12,
            page_steps=1000,
        ),
        TRADES.name: WalkRoute(
            method="publicGetAggTrades",
            weight=4,
            cursor=IdCursor("fromId", since_param="startTime"),
            layout={
                "trade_id": "a",
                "first_trade_id": "f",
                "last_trade_id": "l",
                "price": "p",
                "base_amount": "q",
                "traded_at": "T",
                "taker_side": "m",  # whether the buyer was the maker
            },
            is_aggregate=True,
            words={"taker_side": {True: "sell", False: "buy"}},
        ),
        ORDER_BOOKS.name: replace(
            BOOK,
            method="publicGetDepth",
            layout={**BOOK.layout, "update_id": "lastUpdateId"},
            depth=Depth("limit", {100: 5, 500: 25, 1000: 50, 5000: 250}),
        ),
        TICKERS.name: SnapshotRoute(
            method="publicGetTickerBookTicker",
            weight=4,
            symbol_param=None,
            layout={"venue_symbol": "symbol", **QUOTES},
        ),
    },
    listing=ListingRoute(
        method="publicGetExchangeInfo", weight=20, path=("symbols",), id_field="symbol"
    ),
    clock=ClockRoute(method="publicGetTime", weight=1, path=("serverTime",)),
    limits={WEIGHT: Limit(weight=6000, window_s=60, burst=1000)},
    ccxt_options={"fetchMarkets": {"types": ["spot"]}, "fetchCurrencies": False},
)

# Contracts, on hosts of their own with 2400 weight a minute each; a listing weighs 1.
# Funding of USD-M has a limit of its own, 500 requests in five minutes; COIN-M's weighs
# 1 of all; at most 1000
# rows, which hourly settlements reach in 1000 hours, ascending, both ends inclusive:
# …/rest-api/Get-Funding-Rate-History (of both), read 2026-11
# https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Exchange-Information
# https://developers.binance.com/docs/derivatives/coin-margined-futures/market-data/rest-api/Exchange-Information
BINANCE_LINEAR = replace(
    BINANCE,
    market="linear",
    routes={
        **binance_contracts.LINEAR,
        CANDLES.name: replace(
            BINANCE.routes[CANDLES.name], method="fapiPublicGetKlines", weight=5
        ),
        TRADES.name: replace(
            BINANCE.routes[TRADES.name], method="fapiPublicGetAggTrades", weight=20
        ),
        FUNDING_RATES.name: SpanRoute(
            method="fapiPublicGetFundingRate",
            weight=1,
            limit=FUNDING_RATES.name,
            fixed={"limit": 1000},
            since=TimeParam("startTime", "ms"),
            until=TimeParam("endTime", "ms"),
            layout={
                "settled_at": "fundingTime",
                "funding_rate": "fundingRate",
                "mark_price": "markPrice",
            },
            page_steps=999 * HOUR_MS,
            sends_empty=False,
        ),
        # `E` is when it was sent, `T` when it last changed
        ORDER_BOOKS.name: replace(
            BOOK,
            method="fapiPublicGetDepth",
            layout={
                **BOOK.layout,
                "snapshot_at": "E",
                "update_id": "lastUpdateId",
                "changed_at_ms": "T",
            },
            depth=Depth("limit", {50: 2, 100: 5, 500: 10, 1000: 20}),
        ),
        TICKERS.name: SnapshotRoute(
            method="fapiPublicGetTickerBookTicker",
            weight=5,
            symbol_param=None,
            layout={"venue_symbol": "symbol", "update_id": "lastUpdateId", **QUOTES},
            optional=frozenset({"update_id"}),
        ),
    },
    listing=replace(BINANCE.listing, method="fapiPublicGetExchangeInfo", weight=1),
    clock=replace(BINANCE.clock, method="fapiPublicGetTime"),
    limits={
        WEIGHT: Limit(weight=2400, window_s=60, burst=400),
        FUNDING_RATES.name: Limit(weight=500, window_s=300, burst=50),
        binance_contracts.STATISTICS: binance_contracts.STATISTICS_LIMIT,
    },
    ccxt_options={"fetchMarkets": {"types": ["linear"]}, "fetchCurrencies": False},
)
BINANCE_INVERSE = replace(
    BINANCE_LINEAR,
    market="inverse",
    routes={
        **binance_contracts.INVERSE,
        # counted in contracts, whose base is what a kline of USD-M has for its quote
        CANDLES.name: replace(
            BINANCE.routes[CANDLES.name],
            method="dapiPublicGetKlines",
            weight=5,
            layout=in_order(
                "opened_at",
                *PRICES,
                "contracts",
                "closed_at_ms",
                "base_volume",
                "trades_count",
                "taker_buy_contracts",
                "taker_buy_base",
            ),
        ),
        TRADES.name: replace(
            BINANCE_LINEAR.routes[TRADES.name],
            method="dapiPublicGetAggTrades",
            layout={
                {"base_amount": "contracts"}.get(name, name): place
                for name, place in BINANCE.routes[TRADES.name].layout.items()
            },
            counts_contracts=True,
        ),
        FUNDING_RATES.name: replace(
            BINANCE_LINEAR.routes[FUNDING_RATES.name],
            method="dapiPublicGetFundingRate",
            limit=WEIGHT,
            layout={"settled_at": "fundingTime", "funding_rate": "fundingRate"},
        ),
        ORDER_BOOKS.name: replace(
            BINANCE_LINEAR.routes[ORDER_BOOKS.name], method="dapiPublicGetDepth"
        ),
        TICKERS.name: replace(
            BINANCE_LINEAR.routes[TICKERS.name], method="dapiPublicGetTickerBookTicker"
        ),
    },
    listing=replace(
        BINANCE_LINEAR.listing,
        method="dapiPublicGetExchangeInfo",
        status_field="contractStatus",
    ),
    clock=replace(BINANCE.clock, method="dapiPublicGetTime"),
    limits={
        name: BINANCE_LINEAR.limits[name]
        for name in (WEIGHT, binance_contracts.STATISTICS)
    },
    ccxt_options={"fetchMarkets": {"types": ["inverse"]}, "fetchCurrencies": False},
)

# The same API elsewhere: https://docs.binance.us (1200 a minute, as ccxt has it too;
# weights are at most Binance's).
BINANCE_US = replace(
    BINANCE,
    exchange_id="binance_us",
    ccxt_class="binanceus",
    limits={WEIGHT: Limit(weight=1200, window_s=60, burst=200)},
)

# https://docs.kraken.com/api-reference/market-data/get-ohlc-data: the newest 720
# candles whatever `since` says, the last one unfinished; `since` itself is left out,
# hence the offset (ccxt's too). …/get-recent-trades: at most 1000, all of history, and
# `last` to go on from, more exact than the rows' own stamps. Limit: about one public
# call a second, https://support.kraken.com/hc/en-us/articles/206548367
KRAKEN = VenueSpec(
    exchange_id="kraken",
    ccxt_class="kraken",
    routes={
        CANDLES.name: SpanRoute(
            method="publicGetOHLC",
            weight=1,
            path=("result", "{symbol}"),
            symbol_param="pair",
            fixed={"interval": 1},
            since=TimeParam("since", "s", offset_ms=-MINUTE_MS),
            layout=in_order(
                "opened_at", *PRICES, "vwap", "base_volume", "trades_count"
            ),
            cells=8,
            stamp_unit_ms=1000,
            window_steps=720,
        ),
        TRADES.name: WalkRoute(
            method="publicGetTrades",
            weight=1,
            path=("result", "{symbol}"),
            cursor=TimeCursor("since", last=("result", "last")),
            symbol_param="pair",
            limit_param="count",
            layout={
                "price": 0,
                "base_amount": 1,
                "traded_at": 2,
                "taker_side": 3,
                "order_type": 4,
                "trade_id": 6,
            },
            stamp="s",
            words={
                "taker_side": {"b": "buy", "s": "sell"},
                "order_type": {"m": "market", "l": "limit"},
            },
        ),
        ORDER_BOOKS.name: replace(
            BOOK,
            method="publicGetDepth",
            path=("result", "{symbol}"),
            symbol_param="pair",
            depth=Depth("count", dict.fromkeys((10, 25, 50, 100, 250, 500), 1)),
        ),
        TICKERS.name: SnapshotRoute(
            method="publicGetTicker",
            weight=1,
            path=("result",),
            symbol_param=None,
            shape="mapping",
            layout={
                "venue_symbol": "name",
                "bid": ("b", 0),
                "bid_amount": ("b", 2),
                "ask": ("a", 0),
                "ask_amount": ("a", 2),
                "last_price": ("c", 0),
                "base_volume": ("v", 1),
            },
        ),
    },
    listing=ListingRoute(method="publicGetAssetPairs", weight=1, path=("result",)),
    clock=ClockRoute(
        method="publicGetTime", weight=1, path=("result", "unixtime"), unit_ms=1000
    ),
    limits={WEIGHT: Limit(weight=60, window_s=60, burst=1)},
)

# https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/products/get-product-candles
# (300 rows, newest first, `end` is inside, nothing for a quiet minute); 10 requests a
# second, https://docs.cdp.coinbase.com/exchange/rest-api/rate-limits, read 2026-11.
# …/get-product-trades: `side` is the maker's; `after` an id gives 1000 trades below it,
# newest first: https://docs.cdp.coinbase.com/exchange/rest-api/pagination
COINBASE = VenueSpec(
    exchange_id="coinbase",
    ccxt_class="coinbaseexchange",
    routes={
        CANDLES.name: SpanRoute(
            method="publicGetProductsIdCandles",
            weight=1,
            symbol_param="id",
            fixed={"granularity": 60},
            since=TimeParam("start", "iso"),
            until=TimeParam("end", "iso"),
            layout=in_order("opened_at", "low", "high", "open", "close", "base_volume"),
            cells=6,
            stamp_unit_ms=1000,
            page_steps=300,
            sends_empty=False,
        ),
        TRADES.name: WalkRoute(
            method="publicGetProductsIdTrades",
            weight=1,
            cursor=IdCursor("after", is_backward=True),
            symbol_param="id",
            layout={
                "trade_id": "trade_id",
                "price": "price",
                "base_amount": "size",
                "traded_at": "time",
                "taker_side": "side",
            },
            stamp="iso",
            words={
                "taker_side": {"buy": "sell", "sell": "buy"}
            },  # it sends the maker's
        ),
        # aggregated by price, all of it: as many levels are kept as are wanted
        ORDER_BOOKS.name: replace(
            BOOK,
            method="publicGetProductsIdBook",
            symbol_param="id",
            fixed={"level": 2},
            layout={**BOOK.layout, "update_id": "sequence", "snapshot_at": "time"},
            optional=frozenset({"snapshot_at"}),
            stamp_unit_ms=None,
            depth=Depth(),
        ),
        TICKERS.name: SnapshotRoute(
            method="publicGetProductsIdTicker",
            weight=1,
            symbol_param="id",
            shape="row",
            layout={
                "bid": "bid",
                "ask": "ask",
                "last_price": "price",
                "base_volume": "volume",
            },
        ),
    },
    listing=ListingRoute(method="publicGetProducts", weight=1, id_field="id"),
    clock=ClockRoute(method="publicGetTime", weight=1, path=("epoch",), unit_ms=1000),
    limits={WEIGHT: Limit(weight=10, window_s=1, burst=2)},
)

VENUES: Mapping[str, VenueSpec] = {
    venue.exchange_id: venue
    for venue in (
        *(BINANCE, BINANCE_US, bybit.SPOT, COINBASE, deribit.INVERSE),
        *(KRAKEN, kraken_futures.LINEAR, okx.SPOT),
    )
}

DERIVATIVES: Mapping[tuple[str, Market], VenueSpec] = {
    (spec.exchange_id, spec.market): spec
    for spec in (
        *(BINANCE_LINEAR, BINANCE_INVERSE),
        *(kraken_futures.LINEAR, kraken_futures.INVERSE),
        *(deribit.LINEAR, deribit.INVERSE, deribit.OPTIONS),
        *(bybit.LINEAR, bybit.INVERSE, okx.LINEAR, okx.INVERSE),
    )
}

# what expires, where it is listed apart
DATED: Mapping[tuple[str, Market], VenueSpec] = {
    (spec.exchange_id, spec.market): spec
    for spec in (okx.LINEAR_DATED, okx.INVERSE_DATED)
}


def spec_of(exchange_id: str, symbol: str) -> VenueSpec:
    """The market that lists the unified symbol.

    Raises:
        SetupError: contracts of this kind are not collected from the venue.
    """
    market = market_of(symbol)
    if market == VENUES[exchange_id].market:
        return VENUES[exchange_id]
    if (exchange_id, market) not in DERIVATIVES:
        kind = "spot pairs" if market == "spot" else f"{market} contracts"
        raise SetupError(f"{symbol}: {kind} are not collected from {exchange_id}")
    apart = DATED if is_dated(symbol) else DERIVATIVES
    return apart.get((exchange_id, market), DERIVATIVES[exchange_id, market])
