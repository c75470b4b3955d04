"""The fields of a JSON-RPC answer, each read strictly as the type that it must be.

A quantity is hex without leading zeros, data is hex of whole bytes:
https://ethereum.org/developers/docs/apis/json-rpc/#conventions. Some nodes pad
quantities (`r` and `s` to words); the number is the same, so that is no fault. What is
usual is read first; what is wrong is named when that failed.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import orjson

Fields = Mapping[str, Any]
Value = TypeVar("Value")

QUANTITY = re.compile("0x[0-9a-fA-F]{1,64}")
UNUSUAL = (KeyError, TypeError, ValueError)
BIGINT = 1 << 63
WORD = 1 << 256
LONGEST_SHOWN = 80  # characters
from_hex = bytes.fromhex


def number(fields: Fields, name: str) -> int:
    """A quantity that a bigint holds."""
    try:
        text = fields[name]
        value = int(text, 16)
        if hex(value) == text and 0 <= value < BIGINT:
            return value
    except UNUSUAL:
        pass
    value = quantity(fields, name)
    if value >= BIGINT:
        raise _refused(fields, name, "below 2^63")
    return value


def quantity(fields: Fields, name: str) -> int:
    """A quantity of up to 256 bits."""
    try:
        text = fields[name]
        value = int(text, 16)
        if hex(value) == text and 0 <= value < WORD:
            return value
        if QUANTITY.fullmatch(text):
            return value
    except UNUSUAL:
        pass
    raise _refused(fields, name, "a quantity of 256 bits")


def amount(fields: Fields, name: str) -> str:
    """A quantity of up to 256 bits, as decimal text."""
    return str(quantity(fields, name))


def word(fields: Fields, name: str) -> bytes:
    """A quantity of up to 256 bits, as 32 bytes."""
    return quantity(fields, name).to_bytes(32, "big")


def data(fields: Fields, name: str) -> bytes:
    """Bytes of any length."""
    try:
        text = fields[name]
        value = from_hex(text[2:])
        if text[:2] == "0x" and len(text) == 2 + 2 * len(value):  # it skips spaces
            return value
    except UNUSUAL:
        pass
    raise _refused(fields, name, "0x and hex of whole bytes")


def fixed(fields: Fields, name: str, length: int) -> bytes:
    """So many bytes."""
    try:
        text = fields[name]
        value = from_hex(text[2:])
        if len(value) == length and text[:2] == "0x" and len(text) == 2 + 2 * length:
            return value
    except UNUSUAL:
        pass
    data(fields, name)
    raise _refused(fields, name, f"{length} bytes")


def hash32(fields: Fields, name: str) -> bytes:
    """A hash, or another word of 32 bytes."""
    return fixed(fields, name, 32)


def address(fields: Fields, name: str) -> bytes:
    """An address; its letters may be of any case."""
    return fixed(fields, name, 20)


def optional(
    read: Callable[[Fields, str], Value], fields: Fields, name: str
) -> Value | None:
    """The field; None where it is absent or null."""
    return None if fields.get(name) is None else read(fields, name)


def listed(fields: Fields, name: str) -> list[Any]:
    """A list."""
    value = fields.get(name)
    if not isinstance(value, list):
        raise _refused(fields, name, "a list")
    return value


def each(
    read: Callable[[Fields, str], Value], fields: Fields, name: str
) -> list[Value]:
    """A list, every item of which is read so."""
    return [read({name: item}, name) for item in listed(fields, name)]


def mapping(fields: Fields, name: str) -> Fields:
    """A mapping."""
    value = fields.get(name)
    if not isinstance(value, dict):
        raise _refused(fields, name, "a mapping")
    return value


def json_text(value: object) -> str:
    """Compact JSON, without the one character that Postgres' `jsonb` refuses."""
    return orjson.dumps(value).decode().replace("\\u0000", "\\ufffd")


def others(fields: Fields, known: frozenset[str]) -> str | None:
    """The fields that are not `known`, as JSON; those that are null are left out."""
    if known.issuperset(fields):
        return None
    rest = {k: v for k, v in fields.items() if k not in known and v is not None}
    return json_text(rest) if rest else None


def shown(value: object) -> str:
    """What came, in the words of an error."""
    if isinstance(value, str):
        return repr(value[:LONGEST_SHOWN])
    if value is None or isinstance(value, int | float):
        return "null" if value is None else str(value)
    return f"a {type(value).__name__}"


def _refused(fields: Fields, name: str, expected: str) -> ValueError:
    came = shown(fields[name]) if name in fields else "missing"
    return ValueError(f"{name} is {came}, not {expected}")
