"""Every form in which Debezium sends a date, a time, a stamp or an interval.

What comes back is the text that Postgres has for it. A form is named by its schema;
without one, the encoding of the connector says what an integer counts, and where
nothing does, it is refused: the same digits are two times.
https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-temporal-types
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from pipelines.config.column_type import ColumnType, Kind
from pipelines.config.encoding import Encoding
from pipelines.sources.config_changes import postgres_intervals, postgres_times
from pipelines.upstream.wire import Number

INTEGER = re.compile(r"-?[0-9]{1,19}")
MILLI, MICRO, NANO = 1_000_000, 1_000, 1  # nanoseconds
FORM = re.compile(
    r"(?:io\.debezium\.time|org\.apache\.kafka\.connect\.data)\."
    r"(?P<precision>Micro|Nano|Iso|Zoned)?"
    r"(?P<form>Date|Time|Timestamp|Duration|Interval)"
)
FORMS: Mapping[Kind, tuple[str, ...]] = {
    "date": ("Date",),
    "time": ("Time",),
    "timetz": ("Time",),
    "timestamp": ("Timestamp",),
    "timestamptz": ("Timestamp",),
    "interval": ("Duration", "Interval"),
}
TEXT_FORMS = {"Iso", "Zoned", "Interval"}
UNITS = {None: MILLI, "Micro": MICRO, "Nano": NANO}
# what `time.precision.mode` counts in a time and in a stamp; None: by the column
COUNTED: Mapping[str, tuple[int | None, int | None]] = {
    "adaptive": (None, None),
    "adaptive_time_microseconds": (MICRO, None),
    "connect": (MILLI, MILLI),
    "microseconds": (MICRO, MICRO),
    "nanoseconds": (NANO, NANO),
}
MILLI_DIGITS = 3  # of a column that is sent in milliseconds
INFINITE = {
    # of a date, and of a stamp in milliseconds and in microseconds
    "date": {
        # as it overflows when a snapshot reads it, and when it is streamed
        **dict.fromkeys(("2147483647", "-622191234", "-2147472692"), "infinity"),
        **dict.fromkeys(("-2147483648", "-625821272", "-2147472691"), "-infinity"),
    },
    "timestamp": {
        **dict.fromkeys(("9223372036825200", "9223372036825200000"), "infinity"),
        **dict.fromkeys(("-9223372036832400", "-9223372036832400000"), "-infinity"),
    },
}
SATURATED = (1 << 63) - 1
INFINITIES = {"infinity", "-infinity"}


def temporal(
    value: Any, declared: ColumnType, schema: Mapping[str, Any], encoding: Encoding
) -> str:
    """The declared type's own text of a value.

    Raises:
        ValueError: says why it is none, after what came.
    """
    name = schema.get("name")
    form = FORM.fullmatch(name) if isinstance(name, str) else None
    if name is not None and (not form or form["form"] not in FORMS[declared.kind]):
        raise ValueError(f"which is sent as {name}")
    is_text = _is_text(form, declared.kind, schema, encoding)
    if type(value) is str and is_text is not False:
        return _of_text(value, declared.kind)
    if type(value) is Number and INTEGER.fullmatch(value) and not is_text:
        return _of_count(value, declared, form, encoding)
    expected = "ISO text" if is_text else "a whole number"
    raise ValueError(f"which Debezium sends as {expected}")


def _is_text(
    form: re.Match[str] | None,
    kind: Kind,
    schema: Mapping[str, Any],
    encoding: Encoding,
) -> bool | None:
    """Whether text is sent; None: text or a count, which one shows."""
    if form:
        return not TEXT_FORMS.isdisjoint(form.groups())
    if kind == "interval":
        return None
    is_said = schema.get("type") == "string" or encoding.times == "isostring"
    return is_said or kind in ("timestamptz", "timetz")


def _of_count(
    value: str, declared: ColumnType, form: re.Match[str] | None, encoding: Encoding
) -> str:
    kind, count = declared.kind, int(value)
    if abs(count) >= SATURATED:
        raise ValueError("which Debezium sends for all that is beyond it")
    if infinite := INFINITE.get(kind.removesuffix("tz"), {}).get(value):
        return infinite
    if kind == "date":
        return postgres_times.date_text(count)
    unit = UNITS[form["precision"]] if form else _unit(declared, encoding)
    micros, finer = divmod(count * unit, MICRO)
    if finer:
        raise ValueError("finer than a microsecond, which Postgres does not hold")
    return _text_of(kind, micros)


def _text_of(kind: Kind, micros: int) -> str:
    if kind == "interval":
        return postgres_intervals.Interval(0, 0, micros).text
    zone = "+00" if kind.endswith("tz") else ""
    if kind.startswith("timestamp"):
        return postgres_times.stamp_text(micros, zone)
    return postgres_times.time_text(micros) + zone


def _unit(declared: ColumnType, encoding: Encoding) -> int:
    """What an integer without a schema counts, in nanoseconds."""
    if declared.kind == "interval":
        return MICRO
    counted = COUNTED.get(encoding.times or "")
    if counted is None:
        raise ValueError(
            "of which nothing says whether it counts milli-, micro- or nanoseconds:"
            " the declaration may say the connector's time.precision.mode"
        )
    of_time, of_stamp = counted
    unit = of_time if declared.kind == "time" else of_stamp
    digits = declared.modifiers[0] if declared.modifiers else 6
    return unit or (MILLI if digits <= MILLI_DIGITS else MICRO)


def _of_text(value: str, kind: Kind) -> str:
    if kind == "interval":
        return postgres_intervals.from_iso(value).text
    if value in INFINITIES and kind.startswith(("date", "timestamp")):
        return value
    return WRITERS[kind](postgres_times.moment(value))


def _date(moment: postgres_times.Moment) -> str:
    if moment.days is None or moment.micros is not None:
        raise ValueError("which is no ISO date")
    return postgres_times.date_text(moment.days)


def _time(moment: postgres_times.Moment) -> str:
    if moment.micros is None or moment.days is not None or moment.offset_s:
        raise ValueError("which is no ISO time without a zone")
    return postgres_times.time_text(moment.micros)


def _timetz(moment: postgres_times.Moment) -> str:
    if moment.micros is None or moment.days is not None or moment.offset_s is None:
        raise ValueError("which is no ISO time with a zone")
    return postgres_times.time_text(moment.micros) + postgres_times.zone_text(
        moment.offset_s
    )


def _timestamp(moment: postgres_times.Moment, zone: str = "") -> str:
    if moment.days is None or moment.micros is None:
        raise ValueError("which is no ISO stamp")
    if not zone and moment.offset_s:
        raise ValueError("which is no ISO stamp without a zone")
    postgres_times.time_text(moment.micros)
    micros = moment.days * postgres_times.DAY_US + moment.micros
    offset_us = (moment.offset_s or 0) * postgres_times.SECOND_US
    return postgres_times.stamp_text(micros - offset_us, zone)


def _timestamptz(moment: postgres_times.Moment) -> str:
    if moment.offset_s is None:
        raise ValueError("which is no ISO time with a zone")
    return _timestamp(moment, "+00")


WRITERS: Mapping[str, Callable[[postgres_times.Moment], str]] = {
    "date": _date,
    "time": _time,
    "timetz": _timetz,
    "timestamp": _timestamp,
    "timestamptz": _timestamptz,
}
