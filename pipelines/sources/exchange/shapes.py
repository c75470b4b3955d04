"""Where rows, and cells of rows, lie in what a venue answers."""

from collections.abc import Sequence
from functools import reduce
from operator import getitem
from typing import Any

from pipelines.sources.exchange.routes import FeedRoute, Place
from pipelines.upstream import wire


def rows_in(route: FeedRoute, body: Any) -> list[Any]:
    """The rows of what lies where an answer has them, by the route's shape.

    Raises:
        TypeError: it has another.
        ValueError: its columns are of different lengths, or one is missing.
    """
    if route.shape == "list":
        return _list(body)
    if not isinstance(body, dict):
        raise TypeError(f"{str(body)[:60]!r} is not a mapping")
    if route.shape == "row":
        return [body]
    if route.shape == "columns":
        names = [str(name) for name in route.layout.values()]
        columns = [_list(wire.at(body, (name,))) for name in names]
        return [
            dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)
        ]
    return [
        {**row, "name": name} if isinstance(row, dict) else row
        for name, row in body.items()
    ]


def cells_of(route: FeedRoute, name: str, rows: Sequence[Any]) -> list[Any]:
    """The column of these rows, as it was decoded.

    Raises:
        LookupError: a row lacks it.
        TypeError: a row is of another shape.
    """
    place = route.layout[name]
    if name in route.optional:
        return [_cell_or_none(row, place) for row in rows]
    if isinstance(place, tuple):
        cells = [reduce(getitem, place, row) for row in rows]
    else:
        cells = [row[place] for row in rows]
    if name in route.documents:
        return [wire.encode(_list(cell)[: route.levels]) for cell in cells]
    return cells


def _cell_or_none(row: Any, place: Place) -> Any:
    for key in place if isinstance(place, tuple) else (place,):
        if not isinstance(row, dict):
            raise TypeError
        row = row.get(key)
        if row is None:
            return None
    return row


def _list(rows: Any) -> list[Any]:
    if not isinstance(rows, list):
        raise TypeError(f"{str(rows)[:60]!r} is not a list of rows")
    return rows
