"""Intervals from ISO 8601 text, in the text of Postgres, and as they compare.

https://www.postgresql.org/docs/current/datatype-datetime.html#DATATYPE-INTERVAL-OUTPUT
"""

import re
from typing import NamedTuple

from pipelines.sources.config_changes.postgres_times import (
    DAY_US,
    SECOND_US,
    clock_text,
    fraction_us,
)

MONTH_DAYS = 30  # as Postgres compares them
WHOLE = "[+-]?[0-9]{1,18}"
ISO = re.compile(
    rf"(?P<sign>-?)P(?=.)(?:(?P<years>{WHOLE})Y)?(?:(?P<months>{WHOLE})M)?"
    rf"(?:(?P<weeks>{WHOLE})W)?(?:(?P<days>{WHOLE})D)?"
    rf"(?:T(?=.)(?:(?P<hours>{WHOLE})H)?(?:(?P<minutes>{WHOLE})M)?"
    rf"(?:(?P<seconds>{WHOLE})(?:\.(?P<fraction>[0-9]+))?S)?)?"
)
WRITTEN = re.compile(
    r"(?:(?P<years>-?\d+) years? ?)?(?:\+?(?P<months>-?\d+) mons? ?)?"
    r"(?:\+?(?P<days>-?\d+) days? ?)?"
    r"(?:\+?(?P<sign>-?)(?P<hours>\d+):(?P<minutes>\d\d):(?P<seconds>\d\d)"
    r"(?:\.(?P<fraction>\d+))?)?"
)


class Interval(NamedTuple):
    """The three counts of an interval, each with its sign."""

    months: int
    days: int
    micros: int

    @property
    def text(self) -> str:
        """As Postgres writes it: `1 year 2 mons -3 days +04:05:06.7`.

        Raises:
            ValueError: Postgres has no such interval.
        """
        counts_of_32_bits = (self.months, self.days, abs(self.micros) >> 32)
        if max(map(abs, counts_of_32_bits)) >= 1 << 31:
            raise ValueError("out of the range of Postgres' intervals")
        years = int(self.months / 12)
        counts = {"year": years, "mon": self.months - years * 12, "day": self.days}
        written, is_before = [], False
        for unit, count in counts.items():
            if count:
                plus = "+" if is_before and count > 0 else ""
                written.append(f"{plus}{count} {unit}{'' if count == 1 else 's'}")
                is_before = count < 0
        if self.micros or not written:
            sign = "-" if self.micros < 0 else "+" if is_before else ""
            written.append(sign + clock_text(abs(self.micros)))
        return " ".join(written)

    @property
    def as_compared(self) -> str:
        """One text for all that are equal: a day has 24 hours, a month 30 days."""
        days = self.months * MONTH_DAYS + self.days
        micros = days * DAY_US + self.micros
        return ("-" if micros < 0 else "") + clock_text(abs(micros))


def from_iso(text: str) -> Interval:
    """The interval of an ISO 8601 duration.

    Raises:
        ValueError: it is none.
    """
    match = ISO.fullmatch(text)
    if not match:
        raise ValueError("which is no duration")
    sign = -1 if match["sign"] else 1
    return Interval(*(sign * count for count in _counts(match)))


def from_postgres(text: str) -> Interval:
    """The interval of `Interval.text`."""
    match = WRITTEN.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is no interval")
    months, days, micros = _counts(match)
    return Interval(months, days, -micros if match["sign"] else micros)


def _counts(match: re.Match[str]) -> tuple[int, int, int]:
    """Months, days, microseconds."""
    texts = {name: text or "0" for name, text in match.groupdict().items()}
    fraction = fraction_us(match["fraction"])
    count = {name: int(text) for name, text in texts.items() if name != "sign"}
    seconds = (count["hours"] * 60 + count["minutes"]) * 60 + count["seconds"]
    return (
        count["years"] * 12 + count["months"],
        count.get("weeks", 0) * 7 + count["days"],
        seconds * SECOND_US + (-fraction if texts["seconds"][0] == "-" else fraction),
    )
