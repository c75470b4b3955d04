"""Rows for people and for machines: a table on a terminal, JSON or CSV elsewhere."""

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from psycopg.pq.abc import PGresult

TOO_LONG = 40  # for a word to stay in one piece
NUMERIC = 1700  # the oid of Postgres' type


def plain(value: object) -> str:
    """A value as a person reads it: numbers exact without padding, times in UTC."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        # `normalize` would round to the context's 28 digits
        return _unpadded(f"{value:f}")
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S").removesuffix(":00")
    if isinstance(value, Mapping):  # counts by what they count
        return ", ".join(f"{count} {name}" for name, count in value.items())
    return str(value)


def _unpadded(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number


def write_csv(answer: "PGresult | None") -> None:
    """Write an answer of Postgres to stdout as CSV, numbers without padding zeros."""
    if answer is None or not answer.nfields:
        return
    columns = range(answer.nfields)
    are_numeric = [answer.ftype(n) == NUMERIC for n in columns]
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([(answer.fname(n) or b"").decode() for n in columns])
    for row in range(answer.ntuples):
        cells = ((answer.get_value(row, n) or b"").decode() for n in columns)
        told = zip(cells, are_numeric, strict=True)
        writer.writerow([_unpadded(cell) if is_n else cell for cell, is_n in told])


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

    A row that is wider than the console stands upright, a line a column: a single one
    before anything in it breaks, others before a word, a number or a time does.
    """
    if not rows:
        console.print(f"{title}: nothing yet")
        return
    shown = rows[-limit:] if limit else rows
    table = _across(shown, title)
    if limit and len(rows) > limit:
        table.caption = f"the last {limit} of {len(rows)} rows"
        table.caption_justify = "left"
    if _fits(table, shown, console.width):
        console.print(table)
        return
    for row in shown:
        console.print(_upright(row, title))


def _fits(table: Table, rows: Sequence[Mapping[str, Any]], width: int) -> bool:
    """Make the columns as wide as they need and can be; whether they are wide enough.

    What breaks is what a reader can put together again: sentences, and words of headers
    only where there is no room for them.
    """
    cells = [[row[name] for row in rows] for name in rows[0]]
    whole = [max(map(_whole_width, values)) for values in cells]
    wanted = [
        max(len(name), *(len(plain(value)) for value in values))
        for name, values in zip(rows[0], cells, strict=True)
    ]
    lines = len(wanted) + 1
    if sum(wanted) + 3 * lines - 2 <= width:
        return True
    if len(rows) == 1:
        return False
    if sum(whole) + 3 * lines - 2 > width:
        table.padding = 0
    spare = width - lines - 2 * bool(table.padding[1]) * len(wanted)
    widths = [max(one, 1) for one in whole]
    if sum(widths) > spare:
        return False
    with_headers = [
        max(one, *map(len, name.split("_")))
        for name, one in zip(rows[0], widths, strict=True)
    ]
    if sum(with_headers) <= spare:
        widths = with_headers
    while sum(widths) < spare:  # the narrowest share of what it wants comes first
        narrowest = min(range(len(widths)), key=lambda n: widths[n] / wanted[n])
        widths[narrowest] += 1
    for column, one in zip(table.columns, widths, strict=True):
        column.width = one
    return True


def _upright(row: Mapping[str, Any], title: str) -> Table:
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in row.items():
        table.add_row(name.replace("_", " "), plain(value))
    return table


def _whole_width(value: object) -> int:
    """How wide a cell must be for a word, a number or a time to stay in one piece.

    What breaks can not be searched for, nor copied; addresses and hashes may.
    """
    text = plain(value)
    if isinstance(value, str):
        return max((len(word) for word in text.split()), default=0) % TOO_LONG
    return 0 if isinstance(value, Mapping) else len(text)


def _across(rows: Sequence[Mapping[str, Any]], title: str) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold")
    for name, value in rows[0].items():
        is_number = type(value) in {int, float, Decimal}
        justify: Literal["left", "right"] = "right" if is_number else "left"
        table.add_column(name.replace("_", " "), justify=justify, overflow="fold")
    for row in rows:
        table.add_row(*(plain(value) for value in row.values()))
    return table
