"""Why a candle is what it is: where it came from, what it displaced, its proof.

Reads gold alone, as analyst. Of a minute: every reading of it. Of a longer bucket: its
minutes by source, grade and proof, and the weakest of them.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pipelines.config.model import parse_time
from pipelines.errors import BullionError, SetupError
from pipelines.settings import PROJECT_DIR
from pipelines.warehouse import Connection

Fact = dict[str, Any]

QUERIES = Path(__file__).parent
WEEKS_FROM = parse_time("1970-01-05")  # a Monday


@dataclass(frozen=True)
class Bucket:
    """A bucket of a series, half-open."""

    exchange_id: str
    symbol: str
    timeframe: str
    opened_at: datetime
    ended_at: datetime

    @classmethod
    def parse(cls, exchange: str, symbol: str, timeframe: str, time: str) -> "Bucket":
        """The bucket of `timeframe` that holds the moment `time`.

        Raises:
            SetupError: there is no such timeframe, or `time` is no ISO 8601 time.
        """
        minutes = _minutes_of_timeframes()
        if timeframe not in minutes:
            known = ", ".join(minutes)
            raise SetupError(f"there is no timeframe {timeframe}; known: {known}")
        try:
            opened_at, ended_at = _span(minutes[timeframe], parse_time(time))
        except ValueError as error:
            raise SetupError(str(error)) from None
        except OverflowError:
            raise SetupError(f"{time} is beyond the calendar") from None
        return cls(exchange, symbol, timeframe, opened_at, ended_at)


@dataclass(frozen=True)
class Explanation:
    """What is known of a bucket; `candle` and `proof` are None where there is none."""

    bucket: Bucket
    candle: Fact | None
    proof: Fact | None = None
    readings: list[Fact] = field(default_factory=list)
    minutes: list[Fact] = field(default_factory=list)
    weakest: list[Fact] = field(default_factory=list)
    gaps: list[Fact] = field(default_factory=list)


def explain(connection: Connection, bucket: Bucket) -> Explanation:
    """Everything gold knows of the bucket.

    Raises:
        BullionError: gold holds nothing of it.
    """
    is_minute = bucket.timeframe == "1m"
    names = ("proof", "readings") if is_minute else ("minutes", "weakest")
    found = {n: rows(connection, n, vars(bucket)) for n in ("candle", "gaps", *names)}
    if not any(
        found[name] for name in found.keys() & {"candle", "proof", "minutes", "gaps"}
    ):
        named = f"{bucket.exchange_id} {bucket.symbol} {bucket.timeframe}"
        raise BullionError(
            f"nothing is known of {named} at {bucket.opened_at:%Y-%m-%d %H:%M}:"
            " `bullion list` says what is held"
        )
    candle, proof = (next(iter(found.pop(n, ())), None) for n in ("candle", "proof"))
    return Explanation(bucket, candle, proof, **found)


def rows(connection: Connection, name: str, asked: Mapping[str, Any]) -> list[Fact]:
    """What the query of that name says of what is asked."""
    text = (QUERIES / f"{name}.sql").read_bytes()
    cursor = connection.execute(text, asked)
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _minutes_of_timeframes() -> Mapping[str, int | None]:
    text = (PROJECT_DIR / "seeds" / "timeframes.csv").read_text("utf-8")
    return {
        row["timeframe"]: int(row["minutes_count"]) if row["minutes_count"] else None
        for row in csv.DictReader(text.splitlines())
    }


def _span(minutes: int | None, time: datetime) -> tuple[datetime, datetime]:
    """Start and end of the bucket that holds a time; None is a month."""
    if minutes is None:
        first = time.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return first, (first + timedelta(days=31)).replace(day=1)
    length = timedelta(minutes=minutes)
    opened_at = time - (time - WEEKS_FROM) % length
    return opened_at, opened_at + length
