"""Reading a recording's columns by name, exactly."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.errors import BadDataError
from pipelines.sandbox.market import parse_e8


def _whole(text: str) -> int:
    """A whole number, which may be written as 1.6776288e12."""
    try:
        value = Decimal(text.strip())
        if value == value.to_integral_value():
            return int(value)
    except (InvalidOperation, ValueError, OverflowError):
        pass
    raise ValueError(f"{text!r} is not a whole number")


def _side(text: str) -> str:
    side = text.strip().lower()
    if side not in {"buy", "sell"}:
        raise ValueError(f"{text!r} is neither buy nor sell")
    return side


def _digits(text: str) -> str:
    """A decimal number, as it is written."""
    try:
        if Decimal(text.strip()).is_finite():
            return text.strip()
    except InvalidOperation:
        pass
    raise ValueError(f"{text!r} is not a decimal number")


Parse = Callable[[str], int | str]


@dataclass(frozen=True)
class Layout:
    """Columns in the order of a row, and how each is read."""

    what: str
    required: dict[str, Parse]
    optional: dict[str, Parse]
    key: str

    @property
    def columns(self) -> dict[str, Parse]:
        """Every known column."""
        return {**self.required, **self.optional}


CANDLES = Layout(
    "candles",
    {
        "opened_at_ms": _whole,
        "open": parse_e8,
        "high": parse_e8,
        "low": parse_e8,
        "close": parse_e8,
        "base_volume": parse_e8,
    },
    {
        "quote_volume": parse_e8,
        "trades_count": _whole,
        "taker_buy_base": parse_e8,
        "taker_buy_quote": parse_e8,
    },
    key="opened_at_ms",
)
TRADES = Layout(
    "trades",
    {
        "traded_at_ms": _whole,
        "trade_id": _whole,
        "side": _side,
        "price": parse_e8,
        "amount": parse_e8,
    },
    {},
    key="trade_id",
)
FUNDING = Layout(
    "funding",
    {"settled_at_ms": _whole, "rate": _digits},
    {"interval_hours": _whole},
    key="settled_at_ms",
)


def _scan(path: Path, rows: int | None = None) -> pl.DataFrame:
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path, n_rows=rows)
        return pl.read_csv(path, infer_schema=False, n_rows=rows)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise BadDataError(f"{path}: can not be read: {error}") from None


def check_header(path: Path, layout: Layout) -> None:
    """Looks at the header alone.

    Raises:
        BadDataError: a column is missing or unknown, or there is no header.
    """
    names = _scan(path, rows=0).columns
    missing = [name for name in layout.required if name not in names]
    unknown = [name for name in names if name not in layout.columns]
    if missing or unknown:
        raise BadDataError(
            f"{path}: expected a header line with {', '.join(layout.required)} and "
            f"optionally {', '.join(layout.optional) or 'nothing else'}; "
            f"missing: {', '.join(missing) or 'none'}; "
            f"unknown: {', '.join(unknown) or 'none'}"
        )


def read_rows(path: Path, layout: Layout) -> list[tuple[Any, ...]]:
    """Every row in the layout's order, ascending: whole numbers, or a side as text.

    An absent column and an empty optional value give None.

    Raises:
        BadDataError: a value can not be read, or two rows have the same key.
    """
    check_header(path, layout)
    frame = _scan(path)
    columns = [_column(path, frame, name, layout) for name in layout.columns]
    rows = sorted(zip(*columns, strict=True), key=_first_two)
    keys = list(layout.columns).index(layout.key)
    for row, following in pairwise(rows):
        if row[keys] == following[keys]:
            raise BadDataError(f"{path}: two rows have {layout.key} {row[keys]}")
    return rows


def _first_two(row: tuple[Any, ...]) -> tuple[int, int]:
    return row[0], row[1]


def _column(
    path: Path, frame: pl.DataFrame, name: str, layout: Layout
) -> Sequence[int | str | None]:
    if name not in frame.columns:
        return [None] * frame.height
    parse = layout.columns[name]
    values: list[int | str | None] = []
    for number, value in enumerate(frame.get_column(name).to_list(), start=1):
        if value is None or value == "":
            if name in layout.required:
                raise BadDataError(f"{path}: row {number} has no {name}")
            values.append(None)
            continue
        try:
            values.append(parse(str(value)))
        except ValueError as error:
            raise BadDataError(f"{path}: row {number}, {name}: {error}") from None
    return values
