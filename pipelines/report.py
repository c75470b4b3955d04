"""Rows for people and for machines: a table on a terminal, JSON or CSV elsewhere."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:  # dlt, which the warehouse brings, takes two seconds to import
    from pipelines.warehouse import Connection


def plain(value: object) -> str:
    """A value as a person reads it: numbers exact without padding, times in UTC."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
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
    told = [{key: _for_json(v) for key, v in row.items()} for row in rows]
    return json.dumps(told, indent=2, default=str)


def as_csv(rows: Sequence[dict[str, Any]]) -> str:
    """CSV with a header; nothing for no rows."""
    if not rows:
        return ""
    text = StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: plain(v) for k, v in row.items()} for row in rows)
    return text.getvalue()


def show(rows: Sequence[dict[str, Any]], title: str, console: Console) -> None:
    """Print a table; numbers to the right."""
    if not rows:
        console.print(f"{title}: nothing yet")
        return
    table = Table(title=title, title_justify="left", header_style="bold")
    for name, value in rows[0].items():
        is_number = type(value) in {int, float, Decimal}
        justify: Literal["left", "right"] = "right" if is_number else "left"
        table.add_column(name.replace("_", " "), justify=justify, overflow="fold")
    for row in rows:
        table.add_row(*(plain(value) for value in row.values()))
    console.print(table)


def query(connection: "Connection", text: str) -> list[dict[str, Any]]:
    """The rows of one statement, by column name."""
    # the text is a file of sql/queries, or what the operator typed
    cursor = connection.execute(text.encode())
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
