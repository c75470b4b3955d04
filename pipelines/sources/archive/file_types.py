"""How the archive files each feed: folders, markets, periods, and when they ended.

Source: https://github.com/binance/binance-public-data#where-do-i-access-it
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Literal

from pipelines.errors import BadDataError
from pipelines.upstream.extents import to_ms
from pipelines.upstream.feed import Span

Feed = Literal[
    "klines",
    "agg_trades",
    "trades",
    "funding_rates",
    "metrics",
    "mark_price_klines",
    "index_price_klines",
    "premium_index_klines",
    "liquidations",
    "book_depth",
    "book_tickers",
    "volatility_index",
    "option_summaries",
]
Market = Literal["spot", "um", "cm", "option"]
Period = Literal["daily", "monthly"]


@dataclass(frozen=True)
class FileType:
    """How the archive files one feed.

    Attributes:
        folder: the archive's own name of it.
        timeframe: in the path and the name of such a file, where it has one.
        periods: what a file may cover.
        is_perpetual: only contracts that never expire have such files.
        is_of_pair: the archive files it by the pair, for all contracts on it.
        markets: those of which the archive has such files; what is of options is filed
            by the pair of their underlying.
        bases: the base assets that alone have such files; empty: any may.
        suffix: of the base asset, in the names of such files.
        until: the first day of a market that has none any more; of others it goes on.
    """

    folder: str
    timeframe: str | None = None
    periods: Sequence[Period] = ("monthly", "daily")
    is_perpetual: bool = False
    is_of_pair: bool = False
    markets: Sequence[Market] = ("spot", "um", "cm")
    bases: Sequence[str] = ()
    suffix: str = ""
    until: Mapping[Market, date] = field(default_factory=dict)

    def within(self, market: Market, span: Span) -> Span:
        """What of the span such files of a market may be of.

        Raises:
            BadDataError: nothing; says when they ended.
        """
        until = self.until.get(market)
        if until is None:
            return span
        end = to_ms(datetime.combine(until, time(), UTC))
        if span[0] >= end:
            raise BadDataError(
                f"the archive's {self.folder} ended: {until} and later days have"
                " no file"
            )
        return span[0], min(span[1], end)


FEEDS: Mapping[Feed, FileType] = {
    "klines": FileType("klines", timeframe="1m"),
    "agg_trades": FileType("aggTrades"),
    "trades": FileType("trades"),
    "funding_rates": FileType("fundingRate", periods=("monthly",), is_perpetual=True),
    "metrics": FileType("metrics", periods=("daily",), is_perpetual=True),
    "mark_price_klines": FileType("markPriceKlines", "1m", is_perpetual=True),
    "index_price_klines": FileType(
        "indexPriceKlines", "1m", is_perpetual=True, is_of_pair=True
    ),
    "premium_index_klines": FileType("premiumIndexKlines", "1m", is_perpetual=True),
    # those of USD-M are gone, of COIN-M they ended:
    # https://github.com/binance/binance-public-data/issues/361, /issues/420
    "liquidations": FileType(
        "liquidationSnapshot",
        periods=("daily",),
        markets=("cm",),
        until={"cm": date(2024, 10, 15)},
    ),
    "book_depth": FileType("bookDepth", periods=("daily",), markets=("um", "cm")),
    # https://github.com/binance/binance-public-data/issues/334, /issues/380
    "book_tickers": FileType(
        "bookTicker",
        markets=("um", "cm"),
        until={"um": date(2024, 3, 31), "cm": date(2024, 10, 15)},
    ),
    # of BTC, BTCBVOLUSDT: https://github.com/binance/binance-public-data/issues/499
    "volatility_index": FileType(
        "BVOLIndex",
        periods=("daily",),
        markets=("option",),
        bases=("BTC", "ETH"),
        suffix="BVOL",
    ),
    # from 2023-05-18 to 2023-10-23, as the host lists them
    "option_summaries": FileType(
        "EOHSummary",
        periods=("daily",),
        markets=("option",),
        bases=("BNB", "BTC", "DOGE", "ETH", "XRP"),
        until={"option": date(2023, 10, 24)},
    ),
}
TRADED: Feed = "klines"  # whose files tell that a symbol was there
FOLDERS: Mapping[Market, str] = {
    "spot": "data/spot",
    "um": "data/futures/um",
    "cm": "data/futures/cm",
    "option": "data/option",
}
