"""A column's value as Debezium sent it, checked against the column's declared type.

What comes back is JSON again. Decimals, dates, times, stamps and intervals are the text
that Postgres has for them, other numbers stay as sent (`Number`), bytes are base64.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any

from pipelines.config.column_type import ColumnType, Kind
from pipelines.config.encoding import UNKNOWN, Encoding
from pipelines.sources.config_changes.decimals import (
    DECIMAL,
    SPECIAL,
    VARIABLE,
    decimal,
)
from pipelines.sources.config_changes.envelope import SHOWN, as_json
from pipelines.sources.config_changes.temporal import temporal
from pipelines.upstream.wire import NUMBER, Number, read_json

Schema = Mapping[str, Any]
NO_SCHEMA: Schema = {}
INTEGER = re.compile(r"-?[0-9]{1,19}")
MAX_DIGITS = 4_000  # of a number in JSON: Python reads a whole one of 4,300 at most
HEX = re.compile(r"(?:[0-9a-f]{2})*")


def fitted(
    value: Any,
    declared: ColumnType,
    schema: Any = NO_SCHEMA,
    encoding: Encoding = UNKNOWN,
) -> Any:
    """The value as the declared type has it; null fits all.

    Raises:
        ValueError: says what came and what was expected.
    """
    if value is None:
        return None
    schema = schema if isinstance(schema, dict) else NO_SCHEMA
    if declared.kind == "array":
        return _array(value, declared, schema, encoding)
    try:
        return FITTERS[declared.kind](value, declared, schema, encoding)
    except ValueError as error:
        raise _refused(value, declared, str(error)) from None


def _refused(value: Any, declared: ColumnType, reason: str) -> ValueError:
    text = as_json(value)
    text = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    return ValueError(f"{text} for {declared.name}, {reason}")


def _array(
    value: Any, declared: ColumnType, schema: Schema, encoding: Encoding
) -> list[Any]:
    if not isinstance(value, list) or declared.element is None:
        raise _refused(value, declared, "which is no array")
    items = schema.get("items")
    # an array of arrays has the type of its innermost elements
    inner = [declared if isinstance(item, list) else declared.element for item in value]
    return [
        fitted(item, type_, items, encoding)
        for item, type_ in zip(value, inner, strict=True)
    ]


def _floating(
    value: Any, declared: ColumnType, schema: Schema, encoding: Encoding
) -> Any:
    if schema.get("name") in {DECIMAL, VARIABLE}:
        value = Number(decimal(value, declared, schema, encoding))
    if isinstance(value, str) and value in SPECIAL:  # Java writes NaN bare or quoted
        return SPECIAL[value]
    if type(value) is not Number or not _is_readable(value):
        raise ValueError("which is no number")
    return value


def _is_readable(number: str) -> bool:
    """Whether every reader of JSON takes it for a number."""
    return len(number) <= MAX_DIGITS and bool(NUMBER.fullmatch(number))


def _integer(value: Any, declared: ColumnType, *_: object) -> Number:
    if type(value) is not Number or not INTEGER.fullmatch(value):
        raise ValueError("which is no whole number")
    bound = 1 << (declared.bits - 1)
    if not -bound <= int(value) < bound:
        raise ValueError("out of its bounds")
    return Number(int(value))


def _boolean(value: Any, *_: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError("which is neither true nor false")


def _text(value: Any, *_: object) -> str:
    if type(value) is not str:
        raise ValueError("which is no text")
    if "\0" in value:
        raise ValueError("with a NUL, which Postgres does not hold")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("with half a surrogate pair") from None
    return value


def _json(value: Any, declared: ColumnType, *_: object) -> str:
    text = _text(value)
    try:
        document = read_json(text, parse_constant=_no_constant, parse_int=Number)
    except ValueError:
        raise ValueError("which is not JSON") from None
    if declared.base == "jsonb" and _has_nul(document):
        raise ValueError("with a NUL, which Postgres does not hold")
    return text


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _has_nul(value: Any) -> bool:
    """Whether any text of a document has one."""
    if isinstance(value, dict):
        return any(_has_nul(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return any(map(_has_nul, value))
    return isinstance(value, str) and "\0" in value


def _binary(
    value: Any, declared: ColumnType, schema: Schema, encoding: Encoding
) -> str:
    """Bytes as base64; text may be base64 or hexadecimal."""
    mode = "bytes" if schema.get("type") == "bytes" else encoding.binary
    text = _text(value)
    try:
        if mode == "hex":
            return base64.b64encode(bytes.fromhex(text)).decode()
        if mode == "base64-url-safe":
            text = text.replace("-", "+").replace("_", "/")
        base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise ValueError(f"which is not {mode or 'base64'}") from None
    if text and mode is None and declared.base == "bytea" and HEX.fullmatch(text):
        raise ValueError(
            "which may be base64 or hexadecimal: the declaration may say the"
            " connector's binary.handling.mode"
        )
    return text


def _structure(value: Any, *_: object) -> dict[str, Any]:
    if isinstance(value, dict):
        for part in (part for pair in value.items() for part in pair):
            if isinstance(part, dict | list):
                break
            if type(part) is Number and not _is_readable(part):
                break
            if type(part) is str:
                _text(part)
        else:
            return value
    raise ValueError("which is no structure")


def _unsent(*_: object) -> Any:
    raise ValueError("a type that Debezium does not send")


FITTERS: Mapping[Kind, Callable[[Any, ColumnType, Schema, Encoding], Any]] = {
    "binary": _binary,
    "boolean": _boolean,
    "date": temporal,
    "decimal": decimal,
    "floating": _floating,
    "integer": _integer,
    "interval": temporal,
    "json": _json,
    "structure": _structure,
    "text": _text,
    "time": temporal,
    "timestamp": temporal,
    "timestamptz": temporal,
    "timetz": temporal,
    "unsent": _unsent,
}
