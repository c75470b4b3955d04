"""Delivery files: rows of one bronze table as CSV, ready for `COPY`.

Every row carries its delivery (load id, file, row number), which names it for ever:
`(_dlt_load_id, delivery_file, delivery_row)` is unique in each bronze table. Numbers
stay the text that came over the wire; Postgres reads them into `numeric`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import polars as pl

from pipelines.bronze.tables import Table
from pipelines.settings import make_private

TYPES: Mapping[str, Any] = {"bigint": pl.Int64, "bool": pl.Boolean}  # else text


@dataclass(frozen=True)
class Rows:
    """Rows of one table: a frame with the table's columns, in any order.

    Decimals, timestamps (RFC 3339) and text are `pl.String`.

    Attributes:
        is_plain: no cell is empty text, or has a comma, a quote or a line's end. Such
            a frame is written 2.5 times as fast (measured on 500,000 rows of klines).
    """

    table: Table
    frame: pl.DataFrame
    is_plain: bool = False

    @classmethod
    def of(cls, table: Table, rows: Sequence[Mapping[str, object]]) -> "Rows":
        """A frame of these rows; a column that a row lacks is null."""
        types = {c.name: TYPES.get(c.data_type, pl.String) for c in table.columns}
        return cls(table, pl.DataFrame(rows, schema=types))

    @classmethod
    def filled(cls, table: Table, frame: pl.DataFrame, **same: Any) -> "Rows":
        """The table's columns of `frame`, and those that are the `same` in all rows.

        A column that neither has is null.
        """
        types = {c.name: TYPES.get(c.data_type, pl.String) for c in table.columns}
        columns = {
            name: pl.col(name)
            if name in frame.columns
            else pl.lit(same.get(name), kind).alias(name)
            for name, kind in types.items()
        }
        return cls(table, frame.select(columns.values()))


@dataclass(frozen=True)
class Resource:
    """What is extracted one after the other: a series, or a venue's listing.

    Attributes:
        delivered: called when all of the load is in bronze; not after a kill.
    """

    name: str
    rows: Callable[[], Iterator[Rows]]
    delivered: Callable[[], None] = lambda: None


class Source(Protocol):
    """An upstream as the load sees it; `name` gives the schema `bronze_<name>`."""

    name: str
    tables: Sequence[Table]
    failures: list[Exception]

    def lock_keys(self) -> Sequence[str]:
        """The series it writes: two loads of one series do not run at once."""
        ...

    def resources(self) -> Sequence[Resource]:
        """What to extract; called when the locks are held and bronze is settled."""
        ...


def write(rows: Rows, load_id: str, folder: Path) -> Path:
    """The rows as a delivery file of `load_id` in `folder`.

    An empty string is written quoted, a null is not: `COPY` tells them apart so.
    """
    make_private(folder)
    name = uuid4().hex
    path = folder / f"{name}.csv"
    columns = [column.name for column in rows.table.columns]
    rows.frame.with_row_index("delivery_row").select(
        pl.lit(load_id).alias("_dlt_load_id"),
        pl.lit(name).alias("delivery_file"),
        "delivery_row",
        *columns,
    ).write_csv(
        path, null_value="", quote_style="never" if rows.is_plain else "necessary"
    )
    return path


def file_id(line: bytes) -> str | None:
    """The delivery file that the first row `line` names; None for no row."""
    return line.split(b",", 2)[1].decode() if line.strip() else None
