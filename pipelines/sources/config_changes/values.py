"""A column's value as Debezium sent it, checked against the column's declared type.

What comes back is JSON again: decimals are exact text, numbers stay as sent
(`Number`), stamps stay as given: what a stamp's integer counts is its schema's to say
(`io.debezium.time.*`), or, without one, its declared type's by Debezium's default
(`date` days; `timestamp(0)` to `timestamp(3)` milliseconds, else microseconds).
https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-temporal-types
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from pipelines.config.column_type import ColumnType, Kind
from pipelines.sources.config_changes.envelope import SHOWN, as_json
from pipelines.upstream.wire import NUMBER, Number

Schema = Mapping[str, Any]
NO_SCHEMA: Schema = {}
DECIMAL = "org.apache.kafka.connect.data.Decimal"
VARIABLE = "io.debezium.data.VariableScaleDecimal"
INTEGER = re.compile(r"-?[0-9]+")
ZONED = re.compile(
    r"(?:[+-]?\d{4,9}-\d\d-\d\dT)?\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d(?::\d\d)*)"
    r"|-?infinity"
)
DURATION = re.compile(r"-?P[-+0-9.YMWDTHS]+")
# of `decimal.handling.mode=string`, and as Postgres writes them
SPECIAL = {
    "NAN": "NaN",
    "POSITIVE_INFINITY": "Infinity",
    "NEGATIVE_INFINITY": "-Infinity",
    **{name: name for name in ("NaN", "Infinity", "-Infinity")},
}
TEXT_STAMPS = {
    f"io.debezium.time.{name}"
    for name in ("ZonedTimestamp", "ZonedTime", "IsoTimestamp", "IsoDate", "IsoTime")
}
MAX_SCALE = 16383  # of a Postgres numeric


def fitted(value: Any, declared: ColumnType, schema: Schema = NO_SCHEMA) -> Any:
    """The value as the declared type has it; null fits all.

    Raises:
        ValueError: says what came and what was expected.
    """
    return None if value is None else FITTERS[declared.kind](value, declared, schema)


def _refused(value: Any, declared: ColumnType, reason: str = "") -> ValueError:
    text = as_json(value)
    text = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    return ValueError(f"{text} for {declared.name}{reason and f', {reason}'}")


def _decimal(value: Any, declared: ColumnType, schema: Schema) -> str:
    name = schema.get("name")
    if name == VARIABLE and isinstance(value, dict):
        return _unscaled(value.get("value"), value.get("scale"), value, declared)
    if name == DECIMAL:
        scale = (schema.get("parameters") or NO_SCHEMA).get("scale")
        return _unscaled(value, scale, value, declared)
    if type(value) is str and (NUMBER.fullmatch(value) or value in SPECIAL):
        return str(SPECIAL.get(value, value))
    if type(value) is Number:
        raise _refused(
            value,
            declared,
            "a JSON number, which may have been rounded: it should be"
            " text (decimal.handling.mode=string) or bytes with their schema",
        )
    raise _refused(value, declared, "which is no decimal in text")


def _unscaled(digits: Any, scale: Any, value: Any, declared: ColumnType) -> str:
    """The exact text of a big-endian two's complement of unscaled digits."""
    try:
        raw = base64.b64decode(digits, validate=True)
        places = int(scale)
    except (TypeError, ValueError, binascii.Error):
        raise _refused(value, declared, "which is no decimal in bytes") from None
    if not raw or abs(places) > MAX_SCALE:
        raise _refused(value, declared, f"bytes of a decimal with scale {scale}")
    number = int.from_bytes(raw, "big", signed=True)
    sign, digits_of = int(number < 0), tuple(map(int, str(abs(number))))
    return f"{Decimal((sign, digits_of, -places)):f}"


def _floating(value: Any, declared: ColumnType, schema: Schema) -> Any:
    if type(value) is Number:  # Java writes NaN bare or quoted
        return value if NUMBER.fullmatch(value) else SPECIAL.get(value, str(value))
    if schema.get("name") in {DECIMAL, VARIABLE}:
        return Number(_decimal(value, declared, schema))
    if type(value) is str and value in SPECIAL:
        return SPECIAL[value]
    raise _refused(value, declared, "which is no number")


def _integer(value: Any, declared: ColumnType, _: Schema) -> Number:
    if type(value) is not Number or not INTEGER.fullmatch(value):
        raise _refused(value, declared, "which is no whole number")
    bound = 1 << (declared.bits - 1)
    if not -bound <= int(value) < bound:
        raise _refused(value, declared, "out of its bounds")
    return value


def _boolean(value: Any, declared: ColumnType, _: Schema) -> bool:
    if isinstance(value, bool):
        return value
    raise _refused(value, declared, "which is neither true nor false")


def _text(value: Any, declared: ColumnType, _: Schema) -> str:
    if type(value) is not str:
        raise _refused(value, declared, "which is no text")
    if "\0" in value:
        raise _refused(value, declared, "with a NUL, which Postgres does not hold")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _refused(value, declared, "with half a surrogate pair") from None
    return str(value)


def _json(value: Any, declared: ColumnType, schema: Schema) -> str:
    text = _text(value, declared, schema)
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        raise _refused(value, declared, "which is not JSON") from None
    return text


def _binary(value: Any, declared: ColumnType, _: Schema) -> str:
    try:
        base64.b64decode(value, validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise _refused(value, declared, "which is not base64") from None
    return str(value)


def _stamp(value: Any, declared: ColumnType, schema: Schema) -> Any:
    """A stamp as given: of the form its schema names, else of its type's default."""
    name = schema.get("name")
    is_text = name in TEXT_STAMPS if name else declared.kind == "zoned"
    if is_text and type(value) is str:
        if declared.kind != "zoned" or ZONED.fullmatch(value):
            return _text(value, declared, schema)
        raise _refused(value, declared, "which is no ISO time with a zone")
    if not is_text and type(value) is Number and INTEGER.fullmatch(value):
        return value
    expected = "ISO text" if is_text else "a whole number"
    raise _refused(value, declared, f"which Debezium sends as {expected}")


def _interval(value: Any, declared: ColumnType, _: Schema) -> Any:
    if type(value) is Number and INTEGER.fullmatch(value):
        return value
    if type(value) is str and DURATION.fullmatch(value):
        return value
    raise _refused(value, declared, "which is no duration")


def _array(value: Any, declared: ColumnType, schema: Schema) -> list[Any]:
    if not isinstance(value, list) or declared.element is None:
        raise _refused(value, declared, "which is no array")
    items = schema.get("items") or NO_SCHEMA
    # an array of arrays has the type of its innermost elements
    inner = [declared if isinstance(item, list) else declared.element for item in value]
    return [fitted(v, t, items) for v, t in zip(value, inner, strict=True)]


def _structure(value: Any, declared: ColumnType, _: Schema) -> Any:
    if not isinstance(value, dict):
        raise _refused(value, declared, "which is no structure")
    if _has_nul(value):
        raise _refused(value, declared, "with a NUL, which Postgres does not hold")
    return value


def _has_nul(value: Any) -> bool:
    """Whether any text of the structure has one."""
    if isinstance(value, dict):
        return any(_has_nul(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return any(map(_has_nul, value))
    return isinstance(value, str) and "\0" in value


FITTERS: Mapping[Kind, Callable[[Any, ColumnType, Schema], Any]] = {
    "array": _array,
    "binary": _binary,
    "boolean": _boolean,
    "clock": _stamp,
    "decimal": _decimal,
    "floating": _floating,
    "integer": _integer,
    "interval": _interval,
    "json": _json,
    "structure": _structure,
    "text": _text,
    "zoned": _stamp,
}
