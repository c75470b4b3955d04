"""Files of the archive: what they are called, where they lie, and what they cover.

Source: https://github.com/binance/binance-public-data#where-do-i-access-it
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipelines.errors import SetupError
from pipelines.sources.archive.file_types import (
    FEEDS,
    FOLDERS,
    Feed,
    FileType,
    Market,
    Period,
)
from pipelines.upstream.extents import DAY_MS, at, next_month, to_ms
from pipelines.upstream.feed import MINUTE_MS, Span

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
    base = base.removesuffix(series.type.suffix)
    settle = {"um": f":{quote}", "cm": f":{base}"}.get(series.market, "")
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
    kind = FEEDS[feed]
    if kind.is_perpetual and (settle is None or expiry is not None):
        return None
    of_pair: Market = "option" if "option" in kind.markets else "spot"
    market: Market = "um" if settle == quote else "cm" if settle else of_pair
    if market not in kind.markets or (kind.bases and base not in kind.bases):
        return None
    perpetual = "_PERP" if market == "cm" and not kind.is_of_pair else ""
    ending = f"_{expiry}" if expiry else perpetual
    name = base + kind.suffix + quote + ending
    return Series(exchange_id, symbol, market, name, feed)


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
