"""Rows made by a test, delivered by the real loader as if an upstream had sent them."""

from collections.abc import Iterator, Sequence

import polars as pl

from pipelines.bronze.delivery import Rows, Stream, Table
from pipelines.bronze.load import LoadFacts
from pipelines.sources import declared
from pipelines.sources.load import load
from tests.integration.candle_histories import Load, Row

TYPES = {"bigint": pl.Int64, "bool": pl.Boolean}


class Memory:
    """A source of an upstream's tables that holds what it will send."""

    def __init__(self, rows: Load, name: str = "exchange"):
        self.name = name
        self.tables: Sequence[Table] = declared()[f"bronze_{name}"]
        self.held = rows
        self.failures: list[Exception] = []

    def lock_keys(self) -> Sequence[str]:
        return ("memory",)

    def streams(self) -> Sequence[Stream]:
        return [Stream("rows", self.rows)]

    def rows(self) -> Iterator[Rows]:
        for table in self.tables:
            if self.held.get(table.name):
                yield Rows(table, frame(table, self.held[table.name]))


def frame(table: Table, rows: Sequence[Row]) -> pl.DataFrame:
    """The rows as the loader takes them."""
    return pl.DataFrame(
        {
            c.name: pl.Series(
                [row[c.name] for row in rows], dtype=TYPES.get(c.data_type, pl.String)
            )
            for c in table.columns
        }
    )


def deliver(rows: Load) -> LoadFacts | None:
    """One load of these rows into bronze: the exchange's, or `archive.…` ones."""
    archived = {
        name.removeprefix("archive."): held
        for name, held in rows.items()
        if name.startswith("archive.")
    }
    return load(Memory(archived, "archive") if archived else Memory(rows))
