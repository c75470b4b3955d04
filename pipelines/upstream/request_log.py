"""The log of HTTP requests that a source keeps, and how it reads a response's headers.

`REQUESTS` has one row for each request that was sent upstream, whatever became of it.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from pipelines.bronze.tables import Column, Table, columns
from pipelines.bronze.text import storable

if TYPE_CHECKING:  # polars, which it brings, takes half a second to import
    from pipelines.bronze.delivery import Rows

ERROR_CHARACTERS = 300
LONGEST_READ = 10_000  # characters of an error's text: it may hold a whole body

# Binance bans an address for three days at most:
# https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits
LONGEST_PAUSE_S = 3 * 86_400.0

RequestLog = list[dict[str, object]]  # rows of `REQUESTS`

REQUESTS = Table(
    "requests",  # an HTTP request sent to an upstream, and what became of it
    (
        *columns("text", "request_id", "scope", "endpoint"),
        Column("subject", "text", nullable=True),
        Column("status", "bigint", nullable=True),
        *columns("bigint", "weight", "bytes_count", "elapsed_ms", "attempt"),
        Column("error", "text", nullable=True),
        Column("requested_at", "timestamp"),
        # what the weight counts against, and how much of it the upstream allows
        Column("limit_name", "text", nullable=True),
        Column("limit_per_minute", "bigint", nullable=True),
    ),
    indexes=(("scope", "requested_at"),),
)


@dataclass
class Attempt:
    """One HTTP request, and what became of it; sources add what they read of it.

    Attributes:
        number: of the attempts to have this answer, from 1 on.
        began: by the monotonic clock.
        silence_s: the pause that the upstream asked for.
    """

    number: int
    requested_at: datetime
    began: float
    request_id: str = field(default_factory=lambda: uuid4().hex)
    error: str | None = None
    silence_s: float | None = None

    def log_row(
        self,
        scope: str,
        endpoint: str,
        subject: str | None,
        *,
        ended: float,
        status: int | None,
        bytes_count: int,
        weight: int = 0,
        limit_name: str | None = None,
        limit_per_minute: int | None = None,
    ) -> dict[str, object]:
        """The request as a row of `requests`; `ended` is by the monotonic clock."""
        return {
            "request_id": self.request_id,
            "scope": scope,
            "endpoint": endpoint,
            "subject": subject,
            "status": status,
            "weight": weight,
            "bytes_count": bytes_count,
            "elapsed_ms": int((ended - self.began) * 1000),
            "attempt": self.number,
            "error": self.error,
            "requested_at": self.requested_at.isoformat(),
            "limit_name": limit_name,
            "limit_per_minute": limit_per_minute,
        }


def log_rows(log: RequestLog) -> Iterator["Rows"]:
    """The requests that were made, which empties the log."""
    from pipelines.bronze.delivery import Rows  # noqa: PLC0415

    rows, log[:] = list(log), []
    if rows:
        yield Rows.of(REQUESTS, rows)


def date(text: str | None) -> datetime | None:
    """The time of a `Date`, `Last-Modified` or `Retry-After`; None: it is none."""
    try:
        at = parsedate_to_datetime(text) if text else None
        return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC) if at else None
    except (ValueError, OverflowError, TypeError, LookupError):
        return None


def retry_after_s(text: str | None, now: datetime | None) -> float | None:
    """Seconds that a `Retry-After` asks for; a date is seen from the upstream's `now`.

    At most `LONGEST_PAUSE_S`. None: it asks for nothing that can be read.
    """
    text = (text or "").strip()
    if text.isascii() and text.isdecimal():
        return min(float(text), LONGEST_PAUSE_S)
    then = date(text)
    if then is None or now is None:
        return None
    return min(max(0.0, (then - now).total_seconds()), LONGEST_PAUSE_S)


def hidden(text: str, secrets: Collection[str]) -> str:
    """The text without these: an address or an error body may hold a key."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def described(error: Exception) -> str:
    """The error's kind and its text's beginning, on one line that can be stored."""
    text = storable(" ".join(str(error)[:LONGEST_READ].split()))
    return f"{type(error).__name__} {text[:ERROR_CHARACTERS]}"
