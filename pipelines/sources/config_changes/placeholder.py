"""What Debezium sends for a large value that the log did not repeat.

One placeholder, `unavailable.value.placeholder`, in the form of the column's type: its
text, its bytes, a UUID made of them, an hstore of it; of an array one element of that,
or an element for each of its bytes.
https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-toasted-values
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

from pipelines.upstream.wire import Number

HEX = "hex:"  # before a placeholder that is set by its bytes


@cache
def _bytes(placeholder: str) -> bytes:
    if placeholder.startswith(HEX):
        return bytes.fromhex(placeholder.removeprefix(HEX))
    return placeholder.encode()


@cache
def _texts(placeholder: str) -> frozenset[str]:
    """The placeholder in each form that is text in JSON."""
    raw = _bytes(placeholder)
    text = raw.decode(errors="replace")
    named = UUID(bytes=hashlib.md5(raw, usedforsecurity=False).digest(), version=3)
    return frozenset(
        {
            text,
            json.dumps(text),
            json.dumps({text: text}, separators=(",", ":")),
            f'"{text}"=>"{text}"',
            base64.b64encode(raw).decode(),
            base64.urlsafe_b64encode(raw).decode(),
            raw.hex(),
            str(named),
        }
    )


def is_unavailable(value: Any, placeholder: str) -> bool:
    """Whether a value, or a part of it, stands for one that was not sent."""
    if type(value) is str:
        return value in _texts(placeholder)
    if isinstance(value, dict):
        return any(
            is_unavailable(part, placeholder) for pair in value.items() for part in pair
        )
    if isinstance(value, list):
        return _is_each_byte(value, placeholder) or any(
            is_unavailable(part, placeholder) for part in value
        )
    return False


def _is_each_byte(values: Sequence[Any], placeholder: str) -> bool:
    """Whether numbers are the placeholder's bytes, signed as Java has them.

    Of an array of booleans each is true, which it may have been.
    """
    raw = _bytes(placeholder)
    return len(values) == len(raw) and all(
        value is True or _byte(value) == (byte ^ 128) - 128
        for value, byte in zip(values, raw, strict=True)
    )


def _byte(value: Any) -> float | None:
    """A byte as a number of the array's type has it, or as a decimal's only byte."""
    if isinstance(value, Number):
        return float(value)
    if isinstance(value, dict):
        value = value.get("value")
    try:
        raw = base64.b64decode(value, validate=True)
    except (TypeError, ValueError, binascii.Error):
        return None
    return int.from_bytes(raw, "big", signed=True) if len(raw) == 1 else None
