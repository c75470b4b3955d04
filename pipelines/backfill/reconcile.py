"""Reconcile: a day's candles by REST against those of the archive's file.

Bronze is compared, not gold: there the file's candle stands already, since it seals.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
from psycopg.rows import class_row

from pipelines import warehouse
from pipelines.errors import SetupError
from pipelines.upstream.extents import DAY_MS, to_ms

RECONCILE = Path(__file__).with_name("reconcile.sql").read_bytes()


@dataclass(frozen=True)
class Reconciled:
    """A series' day: minutes by REST, by the archive, by both, and how they compare.

    `changed_values` names the values that differ, each with its count of minutes;
    `largest_difference_pct` is of REST's value.
    """

    exchange_id: str
    symbol: str
    rest_count: int
    archive_count: int
    compared_count: int
    equal_count: int
    changed_count: int
    largest_difference_pct: Decimal | None
    changed_values: str | None


def reconcile(
    day: date, exchanges: Sequence[str] = (), symbols: Sequence[str] = ()
) -> list[Reconciled]:
    """A row for each series that has candles by one of the two.

    Raises:
        SetupError: nothing was ever loaded.
    """
    start = to_ms(datetime(day.year, day.month, day.day, tzinfo=UTC))
    values = (start, start + DAY_MS, list(exchanges), list(symbols))
    name = warehouse.process_name("reconcile")
    with warehouse.connect("loader", name) as connection:
        if not warehouse.has_table(connection, "bronze_archive.klines"):
            raise SetupError("nothing is loaded yet: bullion load archive")
        with psycopg.RawCursor(connection, row_factory=class_row(Reconciled)) as cursor:
            return cursor.execute(RECONCILE, values).fetchall()


def yesterday(now: datetime | None = None) -> date:
    """The UTC day before this one."""
    return (now or datetime.now(UTC)).date() - timedelta(days=1)


def day_after(day: date) -> date:
    """The day that begins when `day` ends."""
    return day + timedelta(days=1)
