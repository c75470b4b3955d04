"""Files made of a venue's rows, and their sizes, known before they are made."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from pipelines.sandbox.archive import books, options
from pipelines.sandbox.archive.files import content
from pipelines.sandbox.archive.recorded import digest
from pipelines.sandbox.archive.tree import (
    INTERVALS,
    Folder,
    Format,
    Place,
    placed,
    places,
)
from pipelines.sandbox.archive.zipped import overhead, zipped
from pipelines.sandbox.clock import Clock
from pipelines.sandbox.feed import Series
from pipelines.sandbox.market import DAY_MS, MINUTE_MS
from pipelines.sandbox.venues.binance_parameters import INTERVALS_MS
from pipelines.sandbox.view import View

_PERIODS = ("daily", "monthly")
# Bytes of deflated data a row, above what was measured of any generated instrument
# (klines 51, aggTrades 30, trades 32, bookDepth 15, bookTicker 24, BVOLIndex 6,
# EOHSummary 64); see again when the feed's numbers change.
_ROW_BYTES = {
    "klines": 60,
    "aggTrades": 36,
    "trades": 38,
    "fundingRate": 24,
    "bookDepth": 20,
    "bookTicker": 30,
    "BVOLIndex": 8,
    "EOHSummary": 80,
}
# assets of which there are options, and an index of their volatility
_WITH_OPTIONS = ("BNB", "BTC", "DOGE", "ETH", "XRP")
_WITH_INDEX = ("BTC", "ETH")
_MEMBER_BYTES = 256
_SETTLEMENTS_PER_DAY = 3
# A month of minutes is 3 MB, one of the busiest trades 8 MB.
_KEPT_FILES = 24
_KEPT_DIGESTS = 10_000


@dataclass(frozen=True)
class Made:
    """A file that is made when it is asked for."""

    tree: "MadeTree"
    place: Place

    @property
    def path(self) -> str:
        return self.place.path

    @property
    def published_at_ms(self) -> int:
        return self.place.published_at_ms

    def size(self) -> int:
        """Its bytes; found without making it where days have known numbers of rows."""
        declared = self.tree.declared_size(self.place)
        return len(self.content()) if declared is None else declared

    def content(self) -> bytes:
        return _kept(self.tree, self.place)

    def digest(self) -> str:
        """Its sha256, remembered for longer than the file is."""
        return _digest(self.tree, self.place)


class MadeTree:
    """Every file that the rows of one venue make."""

    def __init__(
        self, series: Mapping[str, Series], clock: Clock, written: Format
    ) -> None:
        self._clock, self._written = clock, written
        self._views = {
            symbol: View(one, clock, fills=True) for symbol, one in series.items()
        }
        folders = [f for s in self._views.values() for f in _folders(s)]
        self._folders = {folder.path: folder for folder in folders}
        self._paths = sorted(self._folders)

    def folders(self) -> list[str]:
        """The folders that there may be files in, ascending."""
        return self._paths

    def files(self, folder_path: str) -> list[Made]:
        """What a folder holds now, ascending by name."""
        folder = self._folders.get(folder_path)
        if folder is None:
            return []
        in_folder = places(folder, *self._life(folder))
        return [Made(self, place) for place in in_folder if self._is_there(place)]

    def file(self, path: str) -> Made | None:
        """The file of a path, where it is there now."""
        head, slash, name = path.rpartition("/")
        folder = self._folders.get(head + slash)
        place = placed(folder, name) if folder else None
        if place is None or not self._is_there(place):
            return None
        return Made(self, place)

    def declared_size(self, place: Place) -> int | None:
        """The size a file is filled up to; None: as much as its rows take."""
        rows = self._rows(place)
        if rows is None:
            return None
        row_bytes = _ROW_BYTES[place.folder.feed]
        return overhead(_member(place)) + _MEMBER_BYTES + rows * row_bytes

    def zip_of(self, place: Place) -> bytes:
        """The zip, made anew."""
        text = content(self._views[place.folder.symbol], place, self._written)
        size = self.declared_size(place)
        return zipped(_member(place), text, place.published_at_ms, size)

    def _life(self, folder: Folder) -> tuple[int, int]:
        """The days from the first row to the last one there can be by now."""
        series = self._views[folder.symbol].series
        ended = series.ended_at_ms
        last_ms = self._clock.now_ms() if ended is None else ended - 1
        return folder.within(series.first_day, last_ms // DAY_MS + 1)

    def _is_there(self, place: Place) -> bool:
        first, end = self._life(place.folder)
        if place.published_at_ms > self._clock.now_ms():
            return False
        series = self._views[place.folder.symbol].series
        if series.rows_per_day:
            return place.first_day < end and first < place.end_day
        # a recording of some days makes no month of them
        if place.first_day < first or end < place.end_day:
            return False
        days = range(place.first_day, place.end_day)
        of_trades = place.folder.feed in {"trades", "aggTrades", "bookTicker"}
        return not of_trades or any(series.trades_of_day(day) for day in days)

    def _rows(self, place: Place) -> int | None:
        folder = place.folder
        per_day = self._views[folder.symbol].series.rows_per_day
        if per_day is None:
            return None
        rows = {
            "klines": DAY_MS // INTERVALS_MS.get(folder.interval, MINUTE_MS),
            "trades": per_day[0],
            "aggTrades": per_day[1],
            "fundingRate": _SETTLEMENTS_PER_DAY,
            "bookDepth": 2 * len(books.BANDS) * books.SNAPSHOTS_A_DAY,
            "bookTicker": per_day[0],
            "BVOLIndex": options.SECONDS_A_DAY,
            "EOHSummary": options.SUMMARIES_A_DAY,
        }
        return rows[folder.feed] * (place.end_day - place.first_day)


def _member(place: Place) -> str:
    return place.path.rpartition("/")[2].removesuffix("zip") + "csv"


def _folders(view: View) -> list[Folder]:
    symbol = view.instrument.symbol
    feeds = [("klines", interval) for interval in INTERVALS]
    if view.series.has_trades:
        feeds += [("aggTrades", ""), ("trades", "")]
    folders = [
        Folder(symbol, feed, period, interval)
        for period in _PERIODS
        for feed, interval in feeds
    ]
    folders += [Folder(symbol, *kind) for kind in _beside(view)]
    # a file of funding says each interval
    settled = view.series.recorded_settlements or ()
    is_whole = all(row.interval_hours for row in settled)
    if view.instrument.settle and not view.instrument.expiry and is_whole:
        folders.append(Folder(symbol, "fundingRate", "monthly"))
    return folders


def _beside(view: View) -> Iterator[tuple[str, str]]:
    """What there is beside candles and trades: feed and period."""
    instrument = view.instrument
    if instrument.settle:
        yield "bookDepth", "daily"
        if view.series.has_trades:
            yield from (("bookTicker", period) for period in _PERIODS)
    elif instrument.quote == "USDT":
        if instrument.base in _WITH_INDEX:
            yield "BVOLIndex", "daily"
        if instrument.base in _WITH_OPTIONS:
            yield "EOHSummary", "daily"


@lru_cache(maxsize=_KEPT_DIGESTS)
def _digest(tree: MadeTree, place: Place) -> str:
    return digest(_kept(tree, place))


@lru_cache(maxsize=_KEPT_FILES)
def _kept(tree: MadeTree, place: Place) -> bytes:
    return tree.zip_of(place)
