"""One answer of a candle route, taken apart into columns of text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import polars as pl

from pipelines.sources.exchange.answered import Span
from pipelines.sources.exchange.client import Answer
from pipelines.sources.exchange.routes import CandleRoute, Route
from pipelines.upstream import wire


class Body(NamedTuple):
    """An answer's rows, by the symbol they are of where the venue names it."""

    rows: list[Any]
    others: dict[str, list[Any]]


class Stray(NamedTuple):
    """What came as a row and is none of this series."""

    reason: str
    raw: str


@dataclass(frozen=True)
class Page:
    """An answer's rows: `frame` has the layout's columns and `row`, its position."""

    asked: Span
    answer: Answer
    path: tuple[str, ...]
    frame: pl.DataFrame
    strays: list[Stray]

    def raw(self) -> list[Any]:
        """The rows as sent; for the few that are refused the body is read again."""
        rows: list[Any] = wire.at(wire.decode_exactly(self.answer.text), self.path)
        return rows


def path_of(route: Route, venue_symbol: str) -> tuple[str, ...]:
    """Where the rows of this symbol lie in the body."""
    return tuple(part.format(symbol=venue_symbol) for part in route.path)


def body(answered: Any, path: tuple[str, ...]) -> Body:
    """The rows at `path`, and those that the venue sent under another symbol.

    Raises:
        TypeError, ValueError: there are no rows where the venue sends them.
    """
    if not path:
        return Body(_list(answered), {})
    parent = wire.at(answered, path[:-1])
    if not isinstance(parent, dict):
        raise TypeError(f"{path[-2:]} is not a mapping")
    lists = {name: rows for name, rows in parent.items() if isinstance(rows, list)}
    if not lists:
        raise ValueError(f"no rows for {path[-1]!r} in the answer")
    return Body(lists.pop(path[-1], []), lists)


def take_apart(
    route: CandleRoute, path: tuple[str, ...], asked: Span, answer: Answer
) -> Page:
    """The answer as columns; `answer.body` is a `Body`."""
    found: Body = answer.body
    strays = strays_of_others(found, path, answer)
    places: Sequence[int] = range(len(found.rows))
    try:
        frame = _frame(route, found.rows, places)
    except (TypeError, ValueError):
        arity = len(route.layout)
        places = [i for i, row in enumerate(found.rows) if not _amiss(row, arity)]
        strays += _misshapen(found.rows, arity, answer, path)
        frame = _frame(route, [found.rows[i] for i in places], places)
    return Page(asked, answer, path, frame, strays)


def _frame(
    route: CandleRoute, rows: Sequence[Any], places: Sequence[int]
) -> pl.DataFrame:
    """The rows as columns; TypeError or ValueError where one is misshapen."""
    columns = list(zip(*rows, strict=True)) or [()] * len(route.layout)
    named = zip(route.layout, columns, strict=True)
    return pl.DataFrame(
        [
            *(pl.Series(name, cells, pl.String) for name, cells in named if name),
            pl.Series("row", places, pl.Int64),
        ]
    )


def _amiss(row: Any, arity: int) -> str | None:
    """Why this can not be a row; None: it can."""
    if not isinstance(row, list):
        return "is not a list"
    if len(row) != arity:
        return f"has {len(row)} cells, not {arity}"
    if not all(cell is None or isinstance(cell, str) for cell in row):
        return "has a cell that is neither a number nor text"
    return None


def _misshapen(
    rows: Sequence[Any], arity: int, answer: Answer, path: tuple[str, ...]
) -> list[Stray]:
    raw = wire.at(wire.decode_exactly(answer.text), path)
    return [
        Stray(f"a row that {reason}", wire.encode(raw[i]))
        for i, row in enumerate(rows)
        if (reason := _amiss(row, arity))
    ]


def strays_of_others(found: Body, path: tuple[str, ...], answer: Answer) -> list[Stray]:
    """The rows that the venue sent under symbols that were not asked for."""
    if not found.others:
        return []
    raw = wire.at(wire.decode_exactly(answer.text), path[:-1])
    return [
        Stray(f"a row of {name!r}, a symbol that was not asked for", wire.encode(row))
        for name in found.others
        for row in raw[name]
    ]


def _list(rows: Any) -> list[Any]:
    if not isinstance(rows, list):
        raise TypeError(f"{str(rows)[:60]!r} is not a list of rows")
    return rows
