"""Files of the archive: what they are called, where they lie, and what they cover.

Source: https://github.com/binance/binance-public-data#where-do-i-access-it
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Literal

from pipelines.errors import BadDataError, SetupError
from pipelines.upstream.extents import DAY_MS, at, next_month, to_ms
from pipelines.upstream.feed import MINUTE_MS, Span

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
]
Market = Literal["spot", "um", "cm"]
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
        markets: those of which the archive has such files.
        until: the first day that has none any more; None: it goes on.
    """

    folder: str
    timeframe: str | None = None
    periods: Sequence[Period] = ("monthly", "daily")
    is_perpetual: bool = False
    is_of_pair: bool = False
    markets: Sequence[Market] = ("spot", "um", "cm")
    until: date | None = None

    def within(self, span: Span) -> Span:
        """What of the span such files may be of.

        Raises:
            BadDataError: nothing; says when they ended.
        """
        if self.until is None:
            return span
        end = to_ms(datetime.combine(self.until, time(), UTC))
        if span[0] >= end:
            raise BadDataError(
                f"the archive's {self.folder} ended: {self.until} and later days have"
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
        until=date(2024, 10, 15),
    ),
}
TRADED: Feed = "klines"  # whose files tell that a symbol was there
FOLDERS: Mapping[Market, str] = {
    "spot": "data/spot",
    "um": "data/futures/um",
    "cm": "data/futures/cm",
}
DAILY = re.compile(r"-\d{4}-\d{2}-\d{2}\.zip$")
# ccxt's unified symbols: BTC/USDT, BTC/USDT:USDT, BTC/USD:BTC, BTC/USD:BTC-241227
SYMBOL = re.compile(
    r"(?P<base>\w+)/(?P<quote>\w+)(:(?P<settle>\w+)(-(?P<expiry>\d{6}))?)?"
)


@dataclass(frozen=True)
class ArchiveFile:
    """A file that the host lists, or that it should have.

    Attributes:
        path: as in `data/spot/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2023-03-11.zip`.
        bytes_count: as listed, with `published_at_ms` (its Last-Modified): the two
            distinguish versions of a file. None: the host does not list it.
    """

    exchange_id: str
    symbol: str
    market: Market
    feed: Feed
    timeframe: str | None
    period: Period
    path: str
    covers: Span
    bytes_count: int | None = None
    published_at_ms: int | None = None

    @property
    def name(self) -> str:
        """The zip's own name."""
        return self.path.rsplit("/", 1)[1]

    @property
    def member(self) -> str:
        """The name of the one file inside the zip."""
        return self.name.removesuffix(".zip") + ".csv"

    @property
    def minutes(self) -> int:
        """How many minutes it covers."""
        return (self.covers[1] - self.covers[0]) // MINUTE_MS


@dataclass(frozen=True)
class Series:
    """One feed of an instrument, as the archive files it."""

    exchange_id: str
    symbol: str
    market: Market
    venue_symbol: str
    feed: Feed

    def __str__(self) -> str:
        return f"{self.exchange_id} {self.symbol} {self.feed}"

    @property
    def type(self) -> FileType:
        """How the archive files it."""
        return FEEDS[self.feed]

    def prefix(self, period: Period) -> str:
        """What the paths of all its files of a period begin with."""
        folder, timeframe = self.type.folder, self.type.timeframe
        inner = "/".join((self.venue_symbol, *([timeframe] if timeframe else [])))
        name = f"{self.venue_symbol}-{timeframe or folder}-"
        return f"{self.folder(period)}{inner}/{name}"

    def folder(self, period: Period) -> str:
        """Where the archive has a folder for each instrument that it files so."""
        return f"{FOLDERS[self.market]}/{period}/{self.type.folder}/"

    def path_of(self, name: str) -> str:
        """The path of its zip called `name`."""
        period: Period = "daily" if DAILY.search(name) else "monthly"
        return f"{self.prefix(period).rsplit('/', 1)[0]}/{name}"

    def file(
        self,
        period: Period,
        covers: Span,
        bytes_count: int | None = None,
        published_at_ms: int | None = None,
    ) -> ArchiveFile:
        """The file of the day or month `covers`."""
        return ArchiveFile(
            self.exchange_id,
            self.symbol,
            self.market,
            self.feed,
            self.type.timeframe,
            period,
            f"{self.prefix(period)}{label(period, covers[0])}.zip",
            covers,
            bytes_count,
            published_at_ms,
        )


def symbol_of(venue_symbol: str, series: Series) -> str:
    """The unified symbol of an instrument in the market of `series`, as far as known.

    Names such as BTCUSDT do not say where the quote begins: they are read by the quote
    or the base of the series.
    """
    base, quote = series.symbol.partition(":")[0].upper().split("/")
    pair, _, ending = venue_symbol.partition("_")
    if pair.endswith(quote):
        base = pair.removesuffix(quote)
    elif pair.startswith(base):
        quote = pair.removeprefix(base)
    else:
        return venue_symbol
    settle = {"spot": "", "um": f":{quote}", "cm": f":{base}"}[series.market]
    expiry = f"-{ending}" if ending.isdecimal() else ""
    return f"{base}/{quote}{settle}{expiry}"


def series_of(exchange_id: str, symbol: str, feed: Feed) -> Series | None:
    """The series; None: such an instrument has no such feed.

    Raises:
        SetupError: the symbol is not a unified one.
    """
    match = SYMBOL.fullmatch(symbol)
    if not match:
        raise SetupError(
            f"{symbol!r} is not a symbol such as BTC/USDT, BTC/USDT:USDT or BTC/USD:BTC"
        )
    base, quote, settle, expiry = match.group("base", "quote", "settle", "expiry")
    if settle is not None and settle not in (base, quote):
        raise SetupError(f"{symbol} settles in neither {base} nor {quote}")
    if FEEDS[feed].is_perpetual and (settle is None or expiry is not None):
        return None
    market: Market = "um" if settle == quote else "cm" if settle else "spot"
    if market not in FEEDS[feed].markets:
        return None
    if market == "spot":
        return Series(exchange_id, symbol, market, base + quote, feed)
    perpetual = "_PERP" if market == "cm" and not FEEDS[feed].is_of_pair else ""
    ending = f"_{expiry}" if expiry else perpetual
    return Series(exchange_id, symbol, market, base + quote + ending, feed)


def days(span: Span) -> Iterator[Span]:
    """The days that `span` touches."""
    for start in range(span[0] - span[0] % DAY_MS, span[1], DAY_MS):
        yield start, start + DAY_MS


def months(span: Span) -> Iterator[Span]:
    """The months that `span` touches."""
    first = at(span[0]).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    start = to_ms(first)
    while start < span[1]:
        end = next_month(start)
        yield start, end
        start = end


def label(period: Period, start_ms: int) -> str:
    """A day or month as file names have it."""
    return at(start_ms).strftime("%Y-%m-%d" if period == "daily" else "%Y-%m")
