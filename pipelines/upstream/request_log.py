"""The log of HTTP requests that a source keeps, and what it reads of an answer's head.

`REQUESTS` has one row for each request that was sent upstream, whatever became of it.
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from pipelines.bronze.tables import Column, Table

TOLD_CHARACTERS = 300

REQUESTS = Table(
    "requests",  # an HTTP request sent to an upstream, and what became of it
    (
        Column("request_id", "text"),
        Column("exchange_id", "text"),
        Column("endpoint", "text"),
        Column("symbol", "text", nullable=True),
        Column("status", "bigint", nullable=True),
        Column("weight", "bigint"),
        Column("bytes_count", "bigint"),
        Column("elapsed_ms", "bigint"),
        Column("attempt", "bigint"),
        Column("error", "text", nullable=True),
        Column("requested_at", "timestamp"),
    ),
)


def date(text: str | None) -> datetime | None:
    """The time of a `Date`, `Last-Modified` or `Retry-After`; None: it is none."""
    try:
        at = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return at.replace(tzinfo=at.tzinfo or UTC) if at else None


def retry_after_s(text: str | None, now: datetime | None) -> float | None:
    """Seconds that a `Retry-After` asks for; a date is seen from the upstream's `now`.

    None: it asks for nothing that can be read.
    """
    text = (text or "").strip()
    if text.isdecimal():
        return float(text)
    then = date(text)
    return max(0.0, (then - now).total_seconds()) if then and now else None


def told(error: Exception) -> str:
    """The error's kind and the beginning of its text, on one line."""
    return f"{type(error).__name__} {' '.join(str(error).split())[:TOLD_CHARACTERS]}"
