"""A decimal in every form in which Debezium sends one, as its exact text.

Text and the bytes of its unscaled digits, in base64, look alike: `1234` may be either.
Without a schema and without the connector's setting, only what can not be both is read.
https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-decimal-types
"""

import base64
import binascii
import re
from collections.abc import Mapping
from decimal import Context, Decimal
from typing import Any

from pipelines.config.column_type import ColumnType
from pipelines.config.encoding import Encoding
from pipelines.upstream.wire import NUMBER, Number

DECIMAL = "org.apache.kafka.connect.data.Decimal"
VARIABLE = "io.debezium.data.VariableScaleDecimal"
# of `decimal.handling.mode=string`, and as Postgres writes them
SPECIAL = {
    "NAN": "NaN",
    "POSITIVE_INFINITY": "Infinity",
    "NEGATIVE_INFINITY": "-Infinity",
    **{name: name for name in ("NaN", "Infinity", "-Infinity")},
}
BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==|[A-Za-z0-9+/]=))?")
MAX_DIGITS, MAX_SCALE = 131_072, 16_383  # of a numeric, before and after the point
PLAIN = re.compile(r"(?:0|-?[1-9][0-9]{0,99})(?:\.[0-9]{1,99})?")  # as nearly all are
MAX_EXPONENT = 7  # characters
BOUNDS = "a decimal out of the bounds of Postgres"
EXACT = Context(prec=MAX_DIGITS + MAX_SCALE + 1)
MAX_BYTES = 61_229  # of as many digits


def decimal(
    value: Any, declared: ColumnType, schema: Mapping[str, Any], encoding: Encoding
) -> str:
    """The exact text of a decimal, without an exponent.

    Raises:
        ValueError: says why it is none, after what came.
    """
    name = schema.get("name")
    if name == VARIABLE or (isinstance(value, dict) and name is None):
        parts = value if isinstance(value, dict) else {}
        return _unscaled(parts.get("value"), parts.get("scale"))
    if name == DECIMAL:
        parameters = schema.get("parameters")
        scale = parameters.get("scale") if isinstance(parameters, dict) else None
        return _unscaled(value, scale)
    if type(value) is Number:
        raise ValueError(
            "a JSON number, which may have been rounded: it should be"
            " text (decimal.handling.mode=string) or bytes with their schema"
        )
    if type(value) is not str:
        raise ValueError("which is no decimal in text")
    mode = "string" if schema.get("type") == "string" else encoding.decimals
    if mode == "precise" and declared.scale is not None:
        return _unscaled(value, declared.scale)
    if mode is None and declared.scale is not None:
        _refuse_ambiguous(value, declared.scale)
    return plain(value)


def _refuse_ambiguous(text: str, scale: int) -> None:
    """Refuse what may be bytes, or does not have the decimals of the column."""
    hint = "the declaration may say the connector's decimal.handling.mode"
    if NUMBER.fullmatch(text) and len(text.partition(".")[2]) != scale:
        raise ValueError(f"which as text would have {scale} decimals: {hint}")
    if BASE64.fullmatch(text):
        raise ValueError(f"which may be bytes: {hint}")


def plain(text: str) -> str:
    """The decimal of a text, as Postgres writes it: without sign of zero or exponent.

    Raises:
        ValueError: it is none, or none that Postgres has.
    """
    if PLAIN.fullmatch(text):
        return text
    if text in SPECIAL:
        return SPECIAL[text]
    if not NUMBER.fullmatch(text):
        raise ValueError("which is no decimal in text")
    exponent = text.lower().partition("e")[2]
    if len(exponent) > MAX_EXPONENT or abs(int(exponent or 0)) > MAX_DIGITS:
        raise ValueError(BOUNDS)
    return _bounded(Decimal(text))


def _bounded(number: Decimal) -> str:
    text = f"{number or number.copy_abs():f}"
    whole, _, fraction = text.lstrip("-").partition(".")
    if len(whole) > MAX_DIGITS or len(fraction) > MAX_SCALE:
        raise ValueError(BOUNDS)
    return text


def _unscaled(digits: Any, scale: Any) -> str:
    """The exact text of a big-endian two's complement of unscaled digits."""
    try:
        raw, places = base64.b64decode(digits, validate=True), int(scale)
    except (TypeError, ValueError, binascii.Error):
        raise ValueError("which is no decimal in bytes") from None
    if not raw or len(raw) > MAX_BYTES or abs(places) > MAX_SCALE:
        raise ValueError(f"bytes of a decimal with scale {str(scale)[:20]}")
    number = Decimal(int.from_bytes(raw, "big", signed=True))
    return _bounded(number.scaleb(-places, EXACT))
