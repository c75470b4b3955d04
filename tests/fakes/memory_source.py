"""Rows made by a test, delivered by the real loader as if an upstream had sent them."""

from collections.abc import Iterator, Sequence

import polars as pl

from pipelines.bronze.delivery import Resource, Rows
from pipelines.bronze.load import LoadFacts
from pipelines.bronze.tables import Table
from pipelines.sources import declared
from pipelines.sources.load import load
from pipelines.upstream.pages import PAGES
from tests.histories.candle_histories import Load, Row

TYPES = {"bigint": pl.Int64, "bool": pl.Boolean, "bytes": pl.Binary}


class Memory:
    """A source of an upstream's tables that holds what it will send."""

    def __init__(self, rows: Load, name: str = "exchange"):
        self.name = name
        self.tables: Sequence[Table] = declared()[f"bronze_{name}"]
        self.held = rows
        self.failures: list[Exception] = []

    def lock_keys(self) -> Sequence[str]:
        return ("memory",)

    def resources(self) -> Sequence[Resource]:
        return [Resource("rows", self.rows)]

    def rows(self) -> Iterator[Rows]:
        for table in self.tables:
            held = self.held.get(table.name, ())
            for part in dict.fromkeys(row.get(table.part or "") for row in held):
                of_part = [row for row in held if row.get(table.part or "") == part]
                yield Rows(table, frame(table, of_part))


def frame(table: Table, rows: Sequence[Row]) -> pl.DataFrame:
    """The rows as the loader takes them."""
    return pl.DataFrame(
        {
            c.name: pl.Series(
                [row.get(c.name) if c.nullable else row[c.name] for row in rows],
                dtype=TYPES.get(c.data_type, pl.String),
            )
            for c in table.columns
        }
    )


def pages(rows: Load) -> list[Row]:
    """Rows of `pages`, from those that histories make of a feed."""
    names = [column.name for column in PAGES.columns]
    made: list[Row] = []
    for table, feed, unit in (
        ("ohlcv_pages", "candles", "ms"),
        ("trade_pages", "trades", "ns"),
        ("funding_pages", "funding_rates", "ms"),
        ("book_pages", "order_books", "ms"),
    ):
        for row in rows.get(table, ()):
            told = row | {
                "scope": row["exchange_id"],
                "subject": row["symbol"],
                "feed": feed,
                "upstream_now_ms": row["venue_now_ms"],
                "answered_from": row[f"answered_from_{unit}"],
                "answered_until": row[f"answered_until_{unit}"],
                "asked_from": row[f"asked_from_{unit}"],
                "asked_until": row.get("asked_until_ms", row[f"answered_until_{unit}"]),
                "asked_cursor": row.get("asked_from_id"),
                "first_id": row.get("first_trade_id"),
                "last_id": row.get("last_trade_id"),
                "sends_empty": row.get("sends_quiet_minutes"),
            }
            made.append({name: told.get(name) for name in names})
    return made


def deliver(rows: Load) -> LoadFacts | None:
    """One load of these rows into bronze: the exchange's, or `archive.…` ones."""
    archived = {
        name.removeprefix("archive."): held
        for name, held in rows.items()
        if name.startswith("archive.")
    }
    return load(
        Memory(archived, "archive")
        if archived
        else Memory({**rows, PAGES.name: pages(rows)})
    )
