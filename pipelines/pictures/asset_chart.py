"""Price against sentiment, as lines of text for a terminal of 80 columns."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipelines import warehouse
from pipelines.terminal import chart

QUERY = Path(__file__).with_name("asset_hours.sql")
HOURS = 80 - chart.LABEL
HEIGHTS = {"price": 5, "sentiment": 4, "mentions": 2}
TITLES = {
    "price": "price in USD",
    "sentiment": "mean sentiment, from -1 to 1",
    "mentions": "items that name it",
}


def draw(
    connection: warehouse.Connection, encoding: str, asset: str | None = None
) -> Sequence[str]:
    """The newest hours of an asset, else of the one most spoken of; none: no lines.

    Raises:
        psycopg.errors.UndefinedTable: gold is not built yet.
    """
    text = QUERY.read_text(encoding="utf-8")
    cursor = connection.execute(text.encode(), {"asset": asset, "hours": HOURS})
    names = [column.name for column in cursor.description or ()]
    return lines([dict(zip(names, row, strict=True)) for row in cursor], encoding)


def lines(hours: Sequence[Mapping[str, Any]], encoding: str) -> Sequence[str]:
    """The chart of hours in order; each is a column."""
    if not hours:
        return []
    drawn = chart.cells(encoding)
    first, last = (f"{hours[n]['hour_at']:%Y-%m-%d %H:%M}" for n in (0, -1))
    asset = hours[0]["asset"]
    printed = [f"{asset}, hour by hour as it was known, {first} to {last} UTC"]
    for name, height in HEIGHTS.items():
        printed.append(f"{'':{chart.LABEL}}{TITLES[name]}")
        printed.extend(chart.columns([one[name] for one in hours], height, drawn))
    return printed
