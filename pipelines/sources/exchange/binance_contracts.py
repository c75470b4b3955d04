"""How Binance's contracts are asked beside their funding: routes of USD-M and COIN-M.

Statistics of five minutes weigh nothing and have a limit of their own, 1,000 requests
in five minutes; at most 500 rows, of the last 30 days, both ends inclusive:
https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Open-Interest-Statistics
…/Top-Long-Short-Account-Ratio, …/Top-Trader-Long-Short-Ratio, …/Long-Short-Ratio,
…/Taker-BuySell-Volume (https://developers.binance.com/docs/derivatives/coin-margined-futures/market-data/rest-api/…
of COIN-M, which names a pair and a kind of contract, and counts contracts).
Intervals of funding are those of contracts that had them, or the bounds of their rate,
adjusted: of others nothing is said; USD-M's share the limit of its rates:
…/usds-margined-futures/market-data/rest-api/Get-Funding-Rate-Info,
…/coin-margined-futures/market-data/rest-api/Get-Funding-Info.
Mark prices of a whole market weigh 10, klines of 1,000 rows 5, read 2026-11.
"""

from collections.abc import Mapping
from datetime import timedelta

from pipelines.sources.exchange import feeds
from pipelines.sources.exchange.routes import (
    WEIGHT,
    FeedRoute,
    SnapshotRoute,
    SpanRoute,
    TimeParam,
    in_order,
)
from pipelines.upstream.budget import Limit
from pipelines.upstream.feed import MINUTE_MS
from pipelines.upstream.market_rows import PRICES

Routes = Mapping[str, SpanRoute | SnapshotRoute]

STATISTICS = "statistics"
STATISTICS_LIMIT = Limit(weight=1000, window_s=300, burst=100)
PAIR = r"([^_]+)(?:_.+)?"  # of BTCUSD_PERP, BTCUSD_241227, BTCUSDT
PAIR_OF_PERPETUAL = r"([^_]+)_PERP"


def _statistics(
    method: str, layout: Mapping[str, str], *, form: str | None = None
) -> SpanRoute:
    """Of five minutes; `form`: COIN-M's, which are of a pair."""
    kind = {"contractType": "PERPETUAL"} if form == PAIR_OF_PERPETUAL else {}
    return SpanRoute(
        method=method,
        weight=1,
        limit=STATISTICS,
        symbol_param="pair" if form else "symbol",
        symbol_form=form or r"([^_]+)",  # no dated contract has them
        fixed={"period": "5m", "limit": 500, **kind},
        since=TimeParam("startTime", "ms"),
        until=TimeParam("endTime", "ms"),
        layout={"observed_at": "timestamp", **layout},
        page_steps=500,
        # a step less: the venue's clock goes on until it answers
        reach=timedelta(days=30) - timedelta(minutes=5),
    )


def _ratio(method: str, word: str = "Account", *, form: str | None = None) -> SpanRoute:
    layout = {"long_ratio": f"long{word}", "short_ratio": f"short{word}"}
    layout["long_short_ratio"] = "longShortRatio"
    return _statistics(method, layout, form=form)


def _klines(method: str, *, by_pair: bool = False) -> SpanRoute:
    """Minutes; what is no price or time in a row of them means nothing."""
    return SpanRoute(
        method=method,
        weight=5,
        symbol_param="pair" if by_pair else "symbol",
        symbol_form=PAIR if by_pair else FeedRoute.symbol_form,
        fixed={"interval": "1m", "limit": 1000},
        since=TimeParam("startTime", "ms"),
        until=TimeParam("endTime", "ms", offset_ms=MINUTE_MS - 1),
        layout={**in_order("opened_at", *PRICES), "closed_at_ms": 6},
        cells=12,
        page_steps=1000,
    )


def _common(api: str, funding_limit: str) -> Routes:
    """What both markets are asked alike."""
    return {
        feeds.FUNDING_INTERVALS.name: SnapshotRoute(
            method=f"{api}PublicGetFundingInfo",
            weight=1,
            limit=funding_limit,
            symbol_param=None,
            layout={
                "venue_symbol": "symbol",
                "interval_hours": "fundingIntervalHours",
                "rate_cap": "adjustedFundingRateCap",
                "rate_floor": "adjustedFundingRateFloor",
            },
        ),
        feeds.MARK_PRICES.name: SnapshotRoute(
            method=f"{api}PublicGetPremiumIndex",
            weight=10,
            symbol_param=None,
            layout={
                "venue_symbol": "symbol",
                "observed_at": "time",
                "mark_price": "markPrice",
                "index_price": "indexPrice",
                "estimated_settle_price": "estimatedSettlePrice",
                "last_funding_rate": "lastFundingRate",
                "interest_rate": "interestRate",
                "next_funding_at_ms": "nextFundingTime",
            },
        ),
        feeds.MARK_CANDLES.name: _klines(f"{api}PublicGetMarkPriceKlines"),
        feeds.INDEX_CANDLES.name: _klines(
            f"{api}PublicGetIndexPriceKlines", by_pair=True
        ),
        feeds.PREMIUM_CANDLES.name: _klines(f"{api}PublicGetPremiumIndexKlines"),
    }


def _open_interest(method: str, column: str) -> SnapshotRoute:
    return SnapshotRoute(
        method=method,
        weight=1,
        shape="row",
        layout={"observed_at": "time", column: "openInterest"},
    )


LINEAR: Routes = {
    **_common("fapi", feeds.FUNDING_RATES.name),
    feeds.OPEN_INTEREST.name: _open_interest(
        "fapiPublicGetOpenInterest", "base_open_interest"
    ),
    feeds.OPEN_INTEREST_HISTORY.name: _statistics(
        "fapiDataGetOpenInterestHist",
        {
            "base_open_interest": "sumOpenInterest",
            "open_interest_value": "sumOpenInterestValue",
        },
    ),
    feeds.TOP_TRADER_ACCOUNTS.name: _ratio("fapiDataGetTopLongShortAccountRatio"),
    feeds.TOP_TRADER_POSITIONS.name: _ratio("fapiDataGetTopLongShortPositionRatio"),
    feeds.GLOBAL_ACCOUNTS.name: _ratio("fapiDataGetGlobalLongShortAccountRatio"),
    feeds.TAKER_VOLUMES.name: _statistics(
        "fapiDataGetTakerlongshortRatio",
        {
            "taker_buy_base": "buyVol",
            "taker_sell_base": "sellVol",
            "buy_sell_ratio": "buySellRatio",
        },
    ),
}
# Ratios are of all contracts on a pair: they stand with the perpetual one. A quarter's
# open interest is that of whichever contract is the current one: not asked for.
INVERSE: Routes = {
    **_common("dapi", WEIGHT),
    feeds.OPEN_INTEREST.name: _open_interest(
        "dapiPublicGetOpenInterest", "contracts_open_interest"
    ),
    feeds.OPEN_INTEREST_HISTORY.name: _statistics(
        "dapiDataGetOpenInterestHist",
        {
            "contracts_open_interest": "sumOpenInterest",
            "base_open_interest": "sumOpenInterestValue",
        },
        form=PAIR_OF_PERPETUAL,
    ),
    feeds.TOP_TRADER_ACCOUNTS.name: _ratio(
        "dapiDataGetTopLongShortAccountRatio", form=PAIR_OF_PERPETUAL
    ),
    feeds.TOP_TRADER_POSITIONS.name: _ratio(
        "dapiDataGetTopLongShortPositionRatio", "Position", form=PAIR_OF_PERPETUAL
    ),
    feeds.GLOBAL_ACCOUNTS.name: _ratio(
        "dapiDataGetGlobalLongShortAccountRatio", form=PAIR_OF_PERPETUAL
    ),
    feeds.TAKER_VOLUMES.name: _statistics(
        "dapiDataGetTakerBuySellVol",
        {
            "taker_buy_contracts": "takerBuyVol",
            "taker_sell_contracts": "takerSellVol",
            "taker_buy_base": "takerBuyVolValue",
            "taker_sell_base": "takerSellVolValue",
        },
        form=PAIR_OF_PERPETUAL,
    ),
}
