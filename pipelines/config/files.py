"""The operator's choices as CSV files: `config_exchanges.csv` and the others."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

from pipelines.config.model import (
    Configuration,
    EndpointChoice,
    ExchangeChoice,
    InstrumentChoice,
    MarketType,
    Priority,
    Thresholds,
    Timeframe,
    parse_feeds,
    parse_since,
)
from pipelines.errors import SetupError


def of_files(folder: Path) -> Configuration:
    """The choices in `folder`.

    Raises:
        SetupError: names every wrong cell, at once.
    """
    reader = _Reader(folder)
    exchanges = reader.rows(
        "config_exchanges.csv",
        {
            "exchange_id": _text,
            "is_enabled": _truth,
            "budget_share": _share,
            "market_types": _words(MarketType, "market type", ("spot",)),
        },
        optional=("market_types",),
    )
    known = {row["exchange_id"] for row in exchanges}
    instruments = reader.rows(
        "config_instruments.csv",
        {
            "exchange_id": lambda text: _one_of(text, sorted(known)),
            "symbol": _symbol,
            "since": parse_since,
            "priority": lambda text: _one_of(text, get_args(Priority)),
            "is_enabled": _truth,
            "feeds": parse_feeds,
            "timeframes": _words(Timeframe, "timeframe", ("1m",)),
        },
        unique=("exchange_id", "symbol"),
        optional=("feeds", "timeframes"),
    )
    endpoints = reader.rows(
        "config_endpoints.csv",
        {"endpoint": _text, "setting": _text, "is_enabled": _truth},
        may_lack=True,
    )
    thresholds = _thresholds(reader)
    reader.complain()
    return Configuration(
        {row["exchange_id"]: ExchangeChoice(**row) for row in exchanges},
        [InstrumentChoice(**row) for row in instruments],
        Thresholds(**thresholds),
        {row["endpoint"]: EndpointChoice(**row) for row in endpoints},
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
        *,
        may_lack: bool = False,
    ) -> list[dict[str, Any]]:
        """The rows whose cells are all right; `unique` is the key, else column one.

        Columns that are `optional` may be missing from the end.
        """
        path = self.folder / name
        if not path.is_file():
            if not may_lack:
                self.wrong.append(f"{path} is missing")
            return []
        with path.open(newline="", encoding="utf-8") as file:
            lines = csv.DictReader(file)
            found = list(lines.fieldnames or [])
            least = len(columns) - len(optional)
            if found != list(columns)[: max(len(found), least)]:
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


def _symbol(text: str) -> str:
    if "*" in text:
        raise ValueError(
            f"{text!r} is a pattern: it is for config.instruments, where the listing is"
        )
    return _text(text)


def _words(
    kind: Any, what: str, default: tuple[str, ...]
) -> Callable[[str], tuple[str, ...]]:
    """Reads words with spaces between them, each of the literal type `kind`."""
    known: tuple[str, ...] = get_args(kind)

    def read(text: str) -> tuple[str, ...]:
        for name in text.split():
            if name not in known:
                raise ValueError(f"{name!r} is no {what}; there are {', '.join(known)}")
        return tuple(word for word in known if word in text.split()) or default

    return read


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
