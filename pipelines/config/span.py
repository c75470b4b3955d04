"""The span that a command line or a deployment's parameters name."""

from datetime import datetime
from typing import overload

from pipelines.config.model import Since, parse_since, parse_time
from pipelines.errors import SetupError

Numbers = tuple[int | None, int | None]  # from and to, half-open; None: not named


@overload
def parse_span(since: str, until: str | None) -> tuple[Since, datetime | None]: ...


@overload
def parse_span(
    since: str | None, until: str | None
) -> tuple[Since | None, datetime | None]: ...


def parse_span(
    since: str | None, until: str | None
) -> tuple[Since | None, datetime | None]:
    """The half-open span; None: that end is not named.

    Raises:
        SetupError: a time is not ISO UTC, or the span is empty.
    """
    try:
        start = None if since is None else parse_since(since)
        end = None if until is None else parse_time(until)
    except ValueError as error:
        raise SetupError(f"--since, --until: {error}") from None
    if start and start.at and end and end <= start.at:
        raise SetupError(f"--until {until} is not after --since {since}")
    return start, end


def check_numbers(first: int | None, end: int | None) -> None:
    """Refuse a span of numbers that can not be.

    Raises:
        SetupError: one is below 0, or the span is empty.
    """
    if min(first or 0, end or 0) < 0:
        raise SetupError("--from, --to: a number is not below 0")
    if first is not None and end is not None and end <= first:
        raise SetupError(f"--to {end} is not above --from {first}")
