"""Values that Postgres takes for equal, as one text: what a key is compared by."""

import ipaddress
import json
import struct
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any
from uuid import UUID

from pipelines.config.column_type import ColumnType
from pipelines.sources.config_changes import postgres_intervals
from pipelines.sources.config_changes.envelope import as_json
from pipelines.upstream.wire import Number

MAX_DOUBLE, MAX_REAL = sys.float_info.max, float.fromhex("0x1.fffffep+127")


def as_compared(value: Any, declared: ColumnType) -> Any:
    """The value of a column (as `fitted`) in the form that all its equals have."""
    if value is None:
        return None
    if declared.kind == "array":
        return [_item(item, declared) for item in value]
    compared = BY_KIND.get(declared.kind) or BY_TYPE.get(declared.base)
    return compared(value, declared) if compared else value


def _item(item: Any, array: ColumnType) -> Any:
    inner = array if isinstance(item, list) else array.element
    return as_compared(item, inner) if inner else item


def _decimal(value: str, *_: object) -> str:
    """Without the zeros at its end; `normalize` would round to the context's digits."""
    text = value.rstrip("0").rstrip(".") if "." in value else value
    return "0" if text == "-0" else text


def _floating(value: str, declared: ColumnType) -> Any:
    if type(value) is not Number:  # NaN and the infinities
        return value
    number = float(value) or 0.0  # -0 is 0
    if abs(number) > (MAX_REAL if declared.is_single else MAX_DOUBLE):
        return value  # Postgres has no such number
    if not declared.is_single:
        return Number(repr(number))
    single = _single(repr(number))
    shortest = (f"{single:.{digits}g}" for digits in range(6, 10))
    return Number(repr(float(next(t for t in shortest if _single(t) == single))))


def _single(text: str) -> Any:
    return struct.unpack("f", struct.pack("f", float(text)))[0]


def _interval(value: str, *_: object) -> str:
    return postgres_intervals.from_postgres(value).as_compared


def _json(value: str, *_: object) -> str:
    document = json.loads(value, parse_int=Decimal, parse_float=Decimal)
    return as_json(_ordered(document))


def _ordered(document: Any) -> Any:
    if isinstance(document, dict):
        return {name: _ordered(document[name]) for name in sorted(document)}
    if isinstance(document, list):
        return list(map(_ordered, document))
    return (
        Number(_decimal(f"{document:f}")) if isinstance(document, Decimal) else document
    )


def _padded(value: str, *_: object) -> str:
    return value.rstrip(" ")


def _caseless(value: str, *_: object) -> str:
    return value.lower()


def _uuid(value: str, *_: object) -> str:
    with suppress(ValueError):
        return str(UUID(value))
    return value


def _address(value: str, *_: object) -> str:
    with suppress(ValueError):
        return str(ipaddress.ip_interface(value))
    return value


PADDED = ("char", "character", "bpchar", "nchar", "national character")
BY_KIND: Mapping[str, Callable[[Any, ColumnType], Any]] = {
    "decimal": _decimal,
    "floating": _floating,
    "interval": _interval,
    "json": _json,
}
BY_TYPE: Mapping[str, Callable[[Any, ColumnType], Any]] = {
    **dict.fromkeys(PADDED, _padded),
    "citext": _caseless,
    "uuid": _uuid,
    **dict.fromkeys(("inet", "cidr"), _address),
}
