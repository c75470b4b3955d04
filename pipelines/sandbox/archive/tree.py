"""The bulk host's tree: which file covers what, what it is called, when it appears.

https://github.com/binance/binance-public-data#where-do-i-access-it
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from pipelines.sandbox.clock import parse_instant
from pipelines.sandbox.market import DAY_MS, HOUR_MS
from pipelines.sandbox.venues.binance_names import market_of, venue_symbol

# "New daily data becoming available the next day and new monthly data at the first
# Monday of the month"; the hours are not written, and are the sandbox's own.
DAILY_AFTER_MS = 2 * HOUR_MS
MONTHLY_AFTER_MS = 6 * HOUR_MS

INTERVALS = ("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d")
_EPOCH = date(1970, 1, 1)
_SPAN = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?\.zip")


# https://github.com/binance/binance-public-data#spot
MICROSECONDS_FROM_MS = parse_instant("2025-01-01")
# https://github.com/binance/binance-public-data/issues/177
HEADERS_FROM_MS = parse_instant("2022-08-11")


# a band within 0.2 % came between 2025-12-07 and 2026-04-01
NARROW_FROM_MS = parse_instant("2026-01-01")
# what the names of files of options add to the base
OF_OPTIONS = {"BVOLIndex": "BVOL", "EOHSummary": ""}
_BEGAN = {
    "bookDepth": "2023-01-01",
    "bookTicker": "2023-05-16",
    "BVOLIndex": "2023-06-20",
    "EOHSummary": "2023-05-18",
}
_ENDED = {
    ("bookTicker", "um"): "2024-03-31",
    ("bookTicker", "cm"): "2024-10-15",
    ("EOHSummary", "option"): "2023-10-24",
}


@dataclass(frozen=True)
class Format:
    """From when on files are written in the newer ways."""

    microseconds_from_ms: int = MICROSECONDS_FROM_MS
    headers_from_ms: int = HEADERS_FROM_MS

    @classmethod
    def since(cls, microseconds_from: str | None, headers_from: str | None) -> "Format":
        """The host's own dates, or ISO instants in their place.

        Raises:
            SetupError: a text is no ISO instant.
        """
        return cls(
            _instant(microseconds_from, MICROSECONDS_FROM_MS),
            _instant(headers_from, HEADERS_FROM_MS),
        )


def _instant(text: str | None, default_ms: int) -> int:
    return parse_instant(text) if text else default_ms


@dataclass(frozen=True)
class Folder:
    """What the files of one folder hold; `interval` is of klines alone."""

    symbol: str
    feed: str
    period: str
    interval: str = ""

    @property
    def market(self) -> str:
        """`spot`, `um`, `cm` or `option`."""
        return "option" if self.feed in OF_OPTIONS else market_of(self.symbol)

    @property
    def name(self) -> str:
        """`BTCUSDT`, `BTCBVOLUSDT`."""
        added = OF_OPTIONS.get(self.feed, "")
        return venue_symbol(self.symbol.replace("/", f"{added}/"))

    @property
    def path(self) -> str:
        """`data/spot/daily/klines/BTCUSDT/1m/`."""
        is_future = self.market in {"um", "cm"}
        root = f"futures/{self.market}" if is_future else self.market
        tail = f"{self.name}/{self.interval}" if self.interval else self.name
        return f"data/{root}/{self.period}/{self.feed}/{tail}/"

    @property
    def stem(self) -> str:
        """What every name starts with: `BTCUSDT-1m-`."""
        return f"{self.name}-{self.interval or self.feed}-"

    def within(self, first_day: int, end_day: int) -> tuple[int, int]:
        """The days of these, in which the host had such files."""
        began = _BEGAN.get(self.feed)
        ended = _ENDED.get((self.feed, self.market))
        return (
            max(first_day, _day(began)) if began else first_day,
            min(end_day, _day(ended)) if ended else end_day,
        )


@dataclass(frozen=True)
class Place:
    """A file's place: the days it covers, counted from 1970."""

    folder: Folder
    first_day: int
    end_day: int

    @property
    def path(self) -> str:
        """`data/spot/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2023-03-11.zip`."""
        day = (_EPOCH + timedelta(days=self.first_day)).isoformat()
        text = day if self.folder.period == "daily" else day[:7]
        return f"{self.folder.path}{self.folder.stem}{text}.zip"

    @property
    def published_at_ms(self) -> int:
        """When it appears: `Last-Modified` of the first version."""
        if self.folder.period == "daily":
            return self.end_day * DAY_MS + DAILY_AFTER_MS
        weekday = (_EPOCH + timedelta(days=self.end_day)).weekday()
        return (self.end_day + -weekday % 7) * DAY_MS + MONTHLY_AFTER_MS


def _day(text: str) -> int:
    return (date.fromisoformat(text) - _EPOCH).days


def placed(folder: Folder, name: str) -> Place | None:
    """The place that a name says; None: it is not one of the folder's."""
    form = _SPAN.fullmatch(name.removeprefix(folder.stem))
    if form is None or not name.startswith(folder.stem):
        return None
    year, month, day = form.groups()
    if (day is None) == (folder.period == "daily"):
        return None
    try:
        first = date(int(year), int(month), int(day or 1))
    except ValueError:
        return None
    return _place(folder, (first - _EPOCH).days)


def places(folder: Folder, first_day: int, end_day: int) -> Iterator[Place]:
    """Every file that covers a day in [first, end), in the order of their names."""
    day = first_day
    while day < end_day:
        place = _place(folder, day)
        yield place
        day = place.end_day


def _place(folder: Folder, day: int) -> Place:
    if folder.period == "daily":
        return Place(folder, day, day + 1)
    first = (_EPOCH + timedelta(days=day)).replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    return Place(folder, (first - _EPOCH).days, (following - _EPOCH).days)
