"""The recorded feed: files of candles and trades, served as their venue would.

`DIR/<exchange_id>/<BASE>-<QUOTE>_1m.csv.gz` or `.parquet`, one row per candle;
`DIR/<exchange_id>/<BASE>-<QUOTE>_trades.csv.gz`, one row per trade, is optional; so is
`…_funding.csv.gz`, one row per settlement of a contract, its digits served as given.
A linear contract is `<BASE>-<QUOTE>:<QUOTE>`, or `<BASE>-<QUOTE>:<QUOTE>-<yymmdd>`.
`DIR/<exchange_id>/<BASE>-<QUOTE>_book.jsonl.gz`, a book per line, is optional, too.
`DIR/<exchange_id>/archive/` holds files of the bulk host at the host's own paths.
Columns go by name. Numbers are rounded to 8 decimals from their text, half to even,
so that float artefacts and scientific notation do no harm.
"""

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any

from pipelines.errors import SetupError
from pipelines.sandbox.feed import Feed, Settlement, candles_from
from pipelines.sandbox.listings import contract_size
from pipelines.sandbox.market import DAY_MS, MINUTE_MS, Candle, Instrument, Trade
from pipelines.sandbox.recorded_books import RecordedBooks
from pipelines.sandbox.recorded_files import (
    CANDLES,
    FUNDING,
    TRADES,
    Layout,
    check_header,
    read_rows,
)
from pipelines.sandbox.upstreams import EXCHANGE_IDS
from pipelines.sandbox.venues.binance_names import market_of

# by the last word of a name: how it may end, and what its columns are
_KINDS: Mapping[str, tuple[tuple[str, ...], Layout | None]] = {
    "1m": (("_1m.csv.gz", "_1m.parquet"), CANDLES),
    "trades": (("_trades.csv.gz",), TRADES),
    "funding": (("_funding.csv.gz",), FUNDING),
    "book": (("_book.jsonl.gz",), None),
}
_SYMBOL = re.compile(r"[^-/:]+/[^-/:]+(:[^-/:]+(-\d{6})?)?")


class RecordedSeries:
    """An instrument's files, read when it is first asked for."""

    def __init__(self, instrument: Instrument, paths: Mapping[str, Path]) -> None:
        self.instrument = instrument
        self._candles_path, self._trades_path = paths.get("1m"), paths.get("trades")
        self._funding_path = paths.get("funding")
        self._books = RecordedBooks(paths["book"]) if "book" in paths else None

    @property
    def has_trades(self) -> bool:
        return self._trades_path is not None

    @cached_property
    def _trades(self) -> list[Trade]:
        if self._trades_path is None:
            return []
        return _numbered(read_rows(self._trades_path, TRADES))

    @cached_property
    def _candles(self) -> list[Candle]:
        made = {row.opened_at_ms: row for row in candles_from(self._trades)}
        if self._candles_path is None:
            return list(made.values())
        rows = [
            Candle._make((*row, None)) for row in read_rows(self._candles_path, CANDLES)
        ]
        return [_completed(row, made) if self.has_trades else row for row in rows]

    @cached_property
    def _opened(self) -> list[int]:
        return [row.opened_at_ms for row in self._candles]

    @cached_property
    def _stamps(self) -> list[int]:
        return [trade.traded_at_ms for trade in self._trades]

    @cached_property
    def _highest_ids(self) -> list[int]:
        return list(accumulate((trade.trade_id for trade in self._trades), max))

    @cached_property
    def recorded_settlements(self) -> Sequence[Settlement] | None:
        if self._funding_path is None:
            return None
        return [Settlement._make(row) for row in read_rows(self._funding_path, FUNDING)]

    @cached_property
    def _lived(self) -> list[int]:
        """The stamps of the first and the last thing there is."""
        settled = self.recorded_settlements or ()
        stamps = [*self._opened[:1], *self._opened[-1:]]
        stamps += [row.settled_at_ms for row in (*settled[:1], *settled[-1:])]
        return sorted(stamps)

    @property
    def first_opened_at_ms(self) -> int:
        if self._lived:
            return self._lived[0]
        return (self._books and self._books.first_at_ms) or 1 << 50

    @property
    def first_day(self) -> int:
        return self.first_opened_at_ms // DAY_MS

    @property
    def ended_at_ms(self) -> int:
        return self._lived[-1] + MINUTE_MS if self._lived else 0

    rows_per_day: tuple[int, int] | None = None
    version: int = 0

    def candles_of_day(self, day: int) -> Sequence[Candle]:
        low = bisect_left(self._opened, day * DAY_MS)
        return self._candles[low : bisect_left(self._opened, (day + 1) * DAY_MS)]

    def trades_of_day(self, day: int) -> Sequence[Trade]:
        low = bisect_left(self._stamps, day * DAY_MS)
        return self._trades[low : bisect_left(self._stamps, (day + 1) * DAY_MS)]

    def last_close_before(self, at_ms: int) -> int | None:
        place = bisect_left(self._opened, at_ms)
        return self._candles[place - 1].close if place else None

    def day_of_trade(self, trade_id: int) -> int:
        """The first in time of this id or a higher one: ids may have holes."""
        place = bisect_left(self._highest_ids, trade_id)
        if place < len(self._stamps):
            return self._stamps[place] // DAY_MS
        return (self._stamps[-1] if self._stamps else 0) // DAY_MS + 1

    day_of_order = day_of_trade

    def book_at(self, now_ms: int) -> bytes | None:
        return self._books.at(now_ms) if self._books else None


def _numbered(rows: Sequence[tuple[Any, ...]]) -> list[Trade]:
    """Trades, those of one ms a microsecond apart in the order of their ids."""
    trades: list[Trade] = []
    rank = 0
    for at_ms, trade_id, side, price, amount in rows:
        previous = trades[-1].traded_at_ms if trades else None
        rank = rank + 1 if previous == at_ms else 0
        stamp = at_ms * 1_000_000 + min(rank, 999) * 1000
        trades.append(Trade(trade_id, trade_id, stamp, side, price, amount))
    return trades


def _completed(row: Candle, made: dict[int, Candle]) -> Candle:
    """The row as recorded; what it has no column for comes from its trades."""
    own = made.get(row.opened_at_ms)
    if own is None:
        own = row._replace(
            quote_volume=0, trades_count=0, taker_buy_base=0, taker_buy_quote=0, vwap=0
        )
    recorded = {
        name: value for name, value in row._asdict().items() if value is not None
    }
    return own._replace(**recorded)


def recorded_feed(directory: Path) -> Feed:
    """Every recording under a directory; headers are checked at once, rows later.

    Raises:
        SetupError: there is none, or one lies where no venue looks for it.
        BadDataError: a header lacks a column or has an unknown one.
    """
    if not directory.is_dir():
        raise SetupError(f"{directory}: expected a directory of recordings")
    feed = {name: _of_venue(directory / name) for name in EXCHANGE_IDS}
    for path in sorted(directory.glob("*/*_1m.*")):
        if path.parent.name not in EXCHANGE_IDS:
            raise SetupError(
                f"{path}: no venue is called {path.parent.name!r}; "
                f"there are {', '.join(EXCHANGE_IDS)}"
            )
    archives = [directory / name / "archive" for name in EXCHANGE_IDS]
    if not any(feed.values()) and not any(path.is_dir() for path in archives):
        raise SetupError(
            f"{directory}: expected files such as kraken/BTC-USD_1m.csv.gz"
        )
    return feed


def _of_venue(directory: Path) -> dict[str, RecordedSeries]:
    paths_by_stem: dict[str, dict[str, Path]] = {}
    found = [p for kind in _KINDS for p in sorted(directory.glob(f"*_{kind}.*"))]
    for path in found:
        stem, _, ending = path.name.rpartition("_")
        kind = ending.partition(".")[0]
        suffixes, layout = _KINDS[kind]
        if not path.name.endswith(suffixes):
            raise SetupError(
                f"{path}: expected a name that ends in {' or '.join(suffixes)}"
            )
        paths = paths_by_stem.setdefault(stem, {})
        if kind in paths:
            raise SetupError(f"{path}: {paths[kind].name} says the same")
        if layout is not None:
            check_header(path, layout)
        paths[kind] = path
    series = (
        RecordedSeries(_instrument(stem, directory, paths), paths)
        for stem, paths in paths_by_stem.items()
    )
    return {one.instrument.symbol: one for one in series}


def _instrument(stem: str, directory: Path, paths: Mapping[str, Path]) -> Instrument:
    base, _, rest = stem.partition("-")
    symbol = f"{base}/{rest}"
    if not _SYMBOL.fullmatch(symbol):
        raise SetupError(f"{directory}/{stem}: expected a name such as BTC-USDT")
    if market_of(symbol) != "cm":
        return Instrument(symbol)
    if {"1m", "trades"} & set(paths):
        raise SetupError(
            f"{directory}/{stem}: candles of inverse contracts are not replayed, only "
            "their funding and books, and their files of the archive"
        )
    return Instrument(symbol, contract_size=contract_size(base))
