"""What an operator chose: what to collect, budget shares, thresholds.

One typed interface. It reads `seeds/config_*.csv` (dbt seeds them too); when the
choices move elsewhere, this module alone changes.
"""

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, get_args

from pipelines.errors import SetupError
from pipelines.settings import settings

Priority = Literal["live", "history"]
Feed = Literal["candles", "trades"]

DURATION = re.compile(
    r"-P(?=.)(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?=.)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?)?"
)


@dataclass(frozen=True)
class Since:
    """Where a series begins: at a time, or so long before the venue's now."""

    at: datetime | None = None
    before_now: timedelta | None = None

    def instant_ms(self, venue_now_ms: int) -> int:
        """The time itself, as milliseconds since 1970 by the venue's clock."""
        ago = self.before_now or timedelta()
        begin = datetime.fromtimestamp(venue_now_ms / 1000, UTC) - ago
        return int((self.at or begin).timestamp() * 1000)

    def from_ms(self, venue_now_ms: int) -> int:
        """The first minute that begins no earlier."""
        begin_ms = self.instant_ms(venue_now_ms)
        return begin_ms + -begin_ms % 60_000


@dataclass(frozen=True)
class ExchangeChoice:
    """A venue: whether it is asked at all, and for which share of its limit."""

    exchange_id: str
    is_enabled: bool
    budget_share: float


@dataclass(frozen=True)
class InstrumentChoice:
    """A series to collect; `live` goes before `history` in the venue's queue."""

    exchange_id: str
    symbol: str
    since: Since
    priority: Priority
    is_enabled: bool
    feeds: Sequence[Feed] = ("candles",)


@dataclass(frozen=True)
class Thresholds:
    """Numbers an operator may turn; `config_thresholds.csv` says what each means."""

    reread_candles: int
    holes_per_load: int
    listing_max_age_hours: int
    request_timeout_seconds: int
    attempts: int
    patience_seconds: int
    breaker_failures: int
    breaker_cool_down_seconds: int
    freshness_minutes: int


@dataclass(frozen=True)
class Configuration:
    """All of the operator's choices."""

    exchanges: Mapping[str, ExchangeChoice]
    instruments: Sequence[InstrumentChoice]
    thresholds: Thresholds


def parse_time(text: str) -> datetime:
    """An ISO 8601 time; without an offset it is UTC.

    Raises:
        ValueError: it is none.
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{text!r} is not an ISO 8601 time such as 2024-01-31T00:00Z"
        ) from None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def parse_since(text: str) -> Since:
    """A time, or a duration before the venue's now such as `-P1D` or `-PT12H`.

    Raises:
        ValueError: it is neither.
    """
    if not text.startswith("-P"):
        return Since(at=parse_time(text))
    found = DURATION.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a duration such as -P1D or -PT12H")
    parts = {unit: int(n) for unit, n in found.groupdict().items() if n}
    return Since(before_now=timedelta(**parts))


def parse_feeds(text: str) -> tuple[Feed, ...]:
    """Feeds with spaces between them; `candles` where there are none.

    Raises:
        ValueError: one is not known.
    """
    known: tuple[Feed, ...] = get_args(Feed)
    for name in text.split():
        if name not in known:
            raise ValueError(f"{name!r} is no feed; there are {', '.join(known)}")
    return tuple(feed for feed in known if feed in text.split()) or ("candles",)


def configuration(folder: Path | None = None) -> Configuration:
    """The choices in `folder` (the seeds).

    Raises:
        SetupError: names every wrong cell, at once.
    """
    reader = _Reader(folder or settings().seeds_dir)
    exchanges = reader.rows(
        "config_exchanges.csv",
        {"exchange_id": _text, "is_enabled": _truth, "budget_share": _share},
    )
    known = {row["exchange_id"] for row in exchanges}
    instruments = reader.rows(
        "config_instruments.csv",
        {
            "exchange_id": lambda text: _one_of(text, sorted(known)),
            "symbol": _text,
            "since": parse_since,
            "priority": lambda text: _one_of(text, get_args(Priority)),
            "is_enabled": _truth,
            "feeds": parse_feeds,
        },
        unique=("exchange_id", "symbol"),
        optional=("feeds",),
    )
    thresholds = _thresholds(reader)
    reader.complain()
    return Configuration(
        {row["exchange_id"]: ExchangeChoice(**row) for row in exchanges},
        [InstrumentChoice(**row) for row in instruments],
        Thresholds(**thresholds),
    )


def _thresholds(reader: "_Reader") -> dict[str, int]:
    names = [field.name for field in fields(Thresholds)]
    found = reader.rows(
        "config_thresholds.csv",
        {
            "threshold": lambda text: _one_of(text, names),
            "amount": _count,
            "meaning": _text,
        },
    )
    amounts = {row["threshold"]: row["amount"] for row in found}
    for name in names:
        if name not in amounts:
            reader.wrong.append(f"config_thresholds.csv has no good row {name}")
    return amounts


class _Reader:
    """Reads the files and keeps what is wrong with them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.wrong: list[str] = []

    def rows(
        self,
        name: str,
        columns: Mapping[str, Callable[[str], Any]],
        unique: tuple[str, ...] = (),
        optional: tuple[str, ...] = (),
    ) -> list[dict[str, Any]]:
        """The rows whose cells are all right; `unique` is the key, else column one.

        Columns that are `optional` may be missing from the end.
        """
        path = self.folder / name
        if not path.is_file():
            self.wrong.append(f"{path} is missing")
            return []
        with path.open(newline="", encoding="utf-8") as file:
            lines = csv.DictReader(file)
            found = list(lines.fieldnames or [])
            needed = [column for column in columns if column not in optional]
            if found not in (list(columns), needed):
                self.wrong.append(f"{name} has not the columns {', '.join(columns)}")
                return []
            read = [self._row(name, lines.line_num, line, columns) for line in lines]
        good = [row for row in read if row is not None]
        self._once(name, good, unique or tuple(columns)[:1])
        return good

    def complain(self) -> None:
        if self.wrong:
            raise SetupError("the configuration is wrong: " + "; ".join(self.wrong))

    def _row(
        self,
        name: str,
        number: int,
        line: Mapping[str, str | None],
        columns: Mapping[str, Callable[[str], Any]],
    ) -> dict[str, Any] | None:
        row: dict[str, Any] = {}
        for column, read in columns.items():
            try:
                row[column] = read((line.get(column) or "").strip())
            except ValueError as error:
                self.wrong.append(f"{name} line {number}, {column}: {error}")
        return row if len(row) == len(columns) else None

    def _once(
        self, name: str, rows: Sequence[dict[str, Any]], key: tuple[str, ...]
    ) -> None:
        seen: set[tuple[Any, ...]] = set()
        for row in rows:
            value = tuple(row[column] for column in key)
            if value in seen:
                self.wrong.append(f"{name} names {' '.join(value)} twice")
            seen.add(value)


def _text(text: str) -> str:
    if not text:
        raise ValueError("it is empty")
    return text


def _truth(text: str) -> bool:
    return _one_of(text.lower(), ("true", "false")) == "true"


def _share(text: str) -> float:
    share = float(text)
    if not 0 < share <= 1:
        raise ValueError(f"{text} is not above 0 and at most 1")
    return share


def _count(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(f"{text!r} is not a whole number")
    return int(text)


def _one_of(text: str, known: Sequence[str]) -> str:
    if text not in known:
        raise ValueError(f"{text!r} is none of {', '.join(known)}")
    return text
