"""Rows for people and for machines: a table on a terminal, JSON or CSV elsewhere."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from rich.console import Console
from rich.table import Table


def plain(value: object) -> str:
    """A value as a person reads it: numbers exact without padding, times in UTC."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        # `normalize` would round to the context's 28 digits
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S").removesuffix(":00")
    if isinstance(value, Mapping):  # counts by what they count
        return ", ".join(f"{count} {name}" for name, count in value.items())
    return str(value)


def _for_json(value: object) -> object:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def as_json(rows: Iterable[dict[str, Any]]) -> str:
    """A JSON array; decimals are strings, so that nothing rounds them."""
    values = [{key: _for_json(v) for key, v in row.items()} for row in rows]
    return json.dumps(values, indent=2, default=str)


def show(
    rows: Sequence[dict[str, Any]],
    title: str,
    console: Console,
    limit: int | None = None,
) -> None:
    """Print a table, numbers to the right; the last `limit` rows of it.

    A single row that is wider than the console stands upright, a line a column.
    """
    if not rows:
        console.print(f"{title}: nothing yet")
        return
    table = _across(rows, title, limit)
    if len(rows) == 1:
        unbounded = console.options.update(width=sys.maxsize)
        if console.measure(table, options=unbounded).maximum > console.width:
            table = _upright(rows[0], title)
    console.print(table)


def _upright(row: Mapping[str, Any], title: str) -> Table:
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in row.items():
        table.add_row(name.replace("_", " "), plain(value))
    return table


def _across(rows: Sequence[dict[str, Any]], title: str, limit: int | None) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold")
    for name, value in rows[0].items():
        is_number = type(value) in {int, float, Decimal}
        justify: Literal["left", "right"] = "right" if is_number else "left"
        table.add_column(name.replace("_", " "), justify=justify, overflow="fold")
    for row in rows[-limit:] if limit else rows:
        table.add_row(*(plain(value) for value in row.values()))
    if limit and len(rows) > limit:
        table.caption = f"the last {limit} of {len(rows)} rows"
        table.caption_justify = "left"
    return table
