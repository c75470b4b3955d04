"""One answer of a feed's route, parsed into columns of text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import polars as pl

from pipelines.bronze.text import is_storable
from pipelines.sources.exchange.client import Answer
from pipelines.sources.exchange.routes import FeedRoute, Route
from pipelines.sources.exchange.shapes import cells_of, rows_in
from pipelines.upstream import wire
from pipelines.upstream.bounds import BOUNDS

# of a row that is a mapping with too little, a list with a cell that is no text, or
# with text that can not be stored
MISSHAPEN = (LookupError, TypeError, ValueError)
TEXTS = frozenset({str, wire.Number, type(None)})


class Body(NamedTuple):
    """An answer's rows, those of other symbols, and the venue's own next cursor."""

    rows: list[Any]
    others: dict[str, list[Any]]
    last: str | None = None


class Malformed(NamedTuple):
    """What came as a row and is none of this series."""

    reason: str
    raw: str


@dataclass(frozen=True)
class Page:
    """An answer's rows.

    Attributes:
        route: how the answer was asked for.
        path: where the rows lie in the body.
        frame: the layout's columns as text, and `row`, the place in the answer.
        malformed: what is in no row of the frame.
        sent_count: how many rows came.
        last: the venue's own cursor for the next page.
    """

    answer: Answer
    route: FeedRoute
    path: tuple[str, ...]
    frame: pl.DataFrame
    malformed: list[Malformed]
    sent_count: int
    last: str | None

    def raw(self) -> list[Any]:
        """The rows as sent; for the few that are refused the body is read again."""
        return _exactly(self.route, self.path, self.answer)


def path_of(route: Route, venue_symbol: str) -> tuple[str, ...]:
    """Where the rows of this symbol lie in the body."""
    return tuple(part.format(symbol=venue_symbol) for part in route.path)


def body_reader(
    route: FeedRoute, path: tuple[str, ...], last: tuple[str, ...] | None = None
) -> Callable[[Any], Body]:
    """What reads a body: the rows at `path`, the next cursor at `last`.

    The reader raises ValueError or TypeError where they are not.
    """

    def read(answered: Any) -> Body:
        rows, others = _rows(route, answered, path)
        count = sum(map(len, others.values()), len(rows))
        if count > BOUNDS.rows:
            raise ValueError(f"{count} rows, more than {BOUNDS.rows}")
        cursor = wire.plain(str(wire.at(answered, last))) if last else None
        if cursor is not None and not cursor.isdecimal():
            raise ValueError(f"{cursor[:80]!r} to go on from")
        return Body(rows, others, cursor)

    return read


def parse_page(route: FeedRoute, path: tuple[str, ...], answer: Answer) -> Page:
    """The answer as columns; `answer.body` is a `Body`."""
    body: Body = answer.body
    rows = _exactly(route, path, answer) if route.documents else body.rows
    malformed = _of_others(body, path, answer)
    places: Sequence[int] = range(len(rows))
    # JSON spells what can not be stored with an escape
    is_plain = "\\u" not in answer.text
    try:
        columns = _columns(route, rows, is_plain=is_plain)
    except MISSHAPEN:
        reasons = [_malformed(route, row, is_plain=is_plain) for row in rows]
        places = [i for i, reason in enumerate(reasons) if reason is None]
        raw = _exactly(route, path, answer)
        malformed += [
            Malformed(f"a row that {reason}", wire.encode(raw[i]))
            for i, reason in enumerate(reasons)
            if reason
        ]
        columns = _columns(route, [rows[i] for i in places], is_plain=True)
    frame = pl.DataFrame(
        {**columns, "row": places},
        schema={**dict.fromkeys(columns, pl.String), "row": pl.Int64},
    )
    return Page(answer, route, path, frame, malformed, len(body.rows), body.last)


def _columns(
    route: FeedRoute, rows: Sequence[Any], *, is_plain: bool
) -> dict[str, list[str | None]]:
    """The rows as columns; one of `MISSHAPEN` where one is none.

    `is_plain`: every text of the answer can be stored.
    """
    if route.cells is not None and any(_is_no_list(row, route.cells) for row in rows):
        raise TypeError
    columns: dict[str, list[str | None]] = {}
    for name in route.layout:
        cells = cells_of(route, name, rows)
        words = route.words.get(name)
        if words:
            cells = [words.get(cell) for cell in cells]
        if not TEXTS.issuperset(map(type, cells)):
            raise TypeError
        if not is_plain and not all(is_storable(cell or "") for cell in cells):
            raise ValueError
        # an empty text is no value: Binance sends it of old mark prices
        columns[name] = [None if cell == "" else cell for cell in cells]
    return columns


def _exactly(route: FeedRoute, path: tuple[str, ...], answer: Answer) -> list[Any]:
    """The rows with every number as it was sent."""
    return rows_in(route, wire.at(wire.decode_exactly(answer.text), path))


def _is_no_list(row: Any, cells: int) -> bool:
    return not isinstance(row, list) or len(row) != cells


def _malformed(route: FeedRoute, row: Any, *, is_plain: bool) -> str | None:
    """Why this can not be a row; None: it can."""
    if route.cells is not None and _is_no_list(row, route.cells):
        if not isinstance(row, list):
            return "is not a list"
        return f"has {len(row)} cells, not {route.cells}"
    try:
        _columns(route, [row], is_plain=is_plain)
    except LookupError as error:
        return f"has no {error.args[0]!r}"
    except TypeError:
        return "has a cell that is neither a number nor text, or is none"
    except ValueError:
        return "has text with a NUL, or with half of a surrogate pair"
    return None


def _rows(
    route: FeedRoute, answered: Any, path: tuple[str, ...]
) -> tuple[list[Any], dict[str, Any]]:
    """The rows at `path`, and those that the venue sent under another symbol."""
    if not path or route.shape != "list" or not route.symbol_param:
        return rows_in(route, wire.at(answered, path)), {}
    parent = wire.at(answered, path[:-1])
    if not isinstance(parent, dict):
        raise TypeError(f"{path[-2:]} is not a mapping")
    lists = {name: rows for name, rows in parent.items() if isinstance(rows, list)}
    if not lists:
        raise ValueError(f"no rows for {path[-1]!r} in the answer")
    return lists.pop(path[-1], []), lists


def _of_others(body: Body, path: tuple[str, ...], answer: Answer) -> list[Malformed]:
    """The rows that the venue sent under symbols that were not asked for."""
    if not body.others:
        return []
    raw = wire.at(wire.decode_exactly(answer.text), path[:-1])
    return [
        Malformed(
            f"a row of {name!r}, a symbol that was not asked for", wire.encode(row)
        )
        for name in body.others
        for row in raw[name]
    ]
