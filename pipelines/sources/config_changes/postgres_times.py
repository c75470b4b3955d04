"""Dates and times from ISO text, and in the text of Postgres (style ISO, in UTC).

The range is Postgres', 4713 BC to 294276 AD (a date's to 5874897); Python's ends
with the year 9999.
https://www.postgresql.org/docs/current/datatype-datetime.html
"""

import re
from datetime import date
from typing import NamedTuple

SECOND_US = 1_000_000
FRACTION_DIGITS = 6
DAY_US = 86_400 * SECOND_US
CYCLE_DAYS, CYCLE_YEARS = 146_097, 400  # the calendar repeats itself
EPOCH = date(1970, 1, 1).toordinal()
FIRST_DAY, LAST_DAY = -2_440_588, 2_145_042_905
END_US = 9_224_318_016_000_000_000  # of stamps, exclusive
ISO = re.compile(
    r"(?:(?P<year>[+-]?[0-9]{4,9})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2}))?"
    r"(?P<t>T)?"
    r"(?:(?P<hour>[0-9]{2}):(?P<minute>[0-5][0-9])"
    r"(?::(?P<second>[0-5][0-9])(?:\.(?P<fraction>[0-9]+))?)?)?"
    r"(?P<zone>Z|[+-][0-9]{2}(?::[0-9]{2}){0,2})?"
)


class Moment(NamedTuple):
    """What an ISO text says: days since 1970, microseconds, the offset in seconds."""

    days: int | None
    micros: int | None
    offset_s: int | None


def moment(text: str) -> Moment:
    """The parts of an ISO 8601 date, time, or both.

    Raises:
        ValueError: it is none, or is finer than a microsecond.
    """
    match = ISO.fullmatch(text)
    if not match or bool(match["t"]) != bool(match["year"] and match["hour"]):
        raise ValueError("which is no ISO date or time")
    return Moment(
        None if match["year"] is None else _days(*match.group("year", "month", "day")),
        None if match["hour"] is None else _micros(match),
        None if match["zone"] is None else _offset_s(match["zone"]),
    )


def _days(year: str, month: str, day: str) -> int:
    cycles, rest = divmod(int(year) - 1, CYCLE_YEARS)
    try:
        ordinal = date(rest + 1, int(month), int(day)).toordinal()
    except ValueError as error:
        raise ValueError(f"which is no date: {error}") from None
    return ordinal + cycles * CYCLE_DAYS - EPOCH


def _micros(match: re.Match[str]) -> int:
    hour, minute, second = (int(match[n] or 0) for n in ("hour", "minute", "second"))
    whole = (hour * 60 + minute) * 60 + second
    return whole * SECOND_US + fraction_us(match["fraction"])


def fraction_us(digits: str | None) -> int:
    """The microseconds of the digits after a second's point, exactly.

    Raises:
        ValueError: it is finer.
    """
    digits = (digits or "").rstrip("0")
    if len(digits) > FRACTION_DIGITS:
        raise ValueError("finer than a microsecond, which Postgres does not hold")
    return int(digits.ljust(FRACTION_DIGITS, "0"))


def _offset_s(zone: str) -> int:
    if zone == "Z":
        return 0
    hours, minutes, seconds, *_ = [*map(int, zone[1:].split(":")), 0, 0]
    offset = (hours * 60 + minutes) * 60 + seconds
    return -offset if zone[0] == "-" else offset


def date_text(days: int) -> str:
    """A date, by its days since 1970.

    Raises:
        ValueError: Postgres has no such date.
    """
    text, era = _date(days)
    return text + era


def _date(days: int) -> tuple[str, str]:
    if not FIRST_DAY <= days <= LAST_DAY:
        raise ValueError("out of the range of Postgres' dates")
    cycles, rest = divmod(days + EPOCH - 1, CYCLE_DAYS)
    day = date.fromordinal(rest + 1)
    year = day.year + cycles * CYCLE_YEARS
    era = "" if year > 0 else " BC"
    return f"{year if year > 0 else 1 - year:04d}-{day:%m-%d}", era


def time_text(micros: int) -> str:
    """A time of a day, by its microseconds; midnight at its end is 24:00:00.

    Raises:
        ValueError: a day has no such time.
    """
    if not 0 <= micros <= DAY_US:
        raise ValueError("which is no time of a day")
    return clock_text(micros)


def clock_text(micros: int) -> str:
    """Hours, minutes and seconds, as many hours as there are."""
    seconds, fraction = divmod(micros, SECOND_US)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    point = f".{fraction:06d}".rstrip("0") if fraction else ""
    return f"{hour:02d}:{minute:02d}:{second:02d}{point}"


def stamp_text(micros: int, zone: str = "") -> str:
    """A stamp, by its microseconds since 1970, with a zone's text after its time.

    Raises:
        ValueError: Postgres has no such stamp.
    """
    days, of_day = divmod(micros, DAY_US)
    if micros >= END_US:
        raise ValueError("out of the range of Postgres' stamps")
    text, era = _date(days)
    return f"{text} {clock_text(of_day)}{zone}{era}"


def zone_text(offset_s: int) -> str:
    """An offset from UTC, as `+00` or `-05:30`."""
    minutes, second = divmod(abs(offset_s), 60)
    hour, minute = divmod(minutes, 60)
    sign = "-" if offset_s < 0 else "+"
    parts = [f"{hour:02d}", *([f"{minute:02d}"] if minute or second else [])]
    return sign + ":".join([*parts, *([f"{second:02d}"] if second else [])])
