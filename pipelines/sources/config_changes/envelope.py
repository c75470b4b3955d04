"""A Debezium envelope, with or without the schema that Kafka Connect's JSON embeds.

https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-events
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.upstream.wire import Number, decode_exactly

Row = Mapping[str, Any]
NOTHING: Mapping[str, Any] = {}
SHOWN = 60  # characters of a bad value or message that its reason quotes
NOT_SENT = "__debezium_unavailable_value"
UNAVAILABLE = {NOT_SENT, base64.b64encode(NOT_SENT.encode()).decode()}


@dataclass(frozen=True, slots=True)
class Envelope:
    """A change as sent; numbers are `Number`.

    `before_fields` and `after_fields` are the columns' Connect schemas, by column;
    None where the message embeds none.
    """

    payload: Row
    source: Row
    before_fields: Mapping[str, Row] | None = None
    after_fields: Mapping[str, Row] | None = None


def envelope(message: bytes | str | None) -> Envelope | None:
    """The envelope of a message's value; None: it is a tombstone.

    Raises:
        ValueError: says what the message is instead.
    """
    document = _document(message)
    fields: list[Row] | None = None
    if isinstance(document, dict) and {"schema", "payload"} <= set(document):
        fields = (document["schema"] or NOTHING).get("fields")
        document = document["payload"]
    if document is None:
        return None
    if not isinstance(document, dict) or "op" not in document:
        raise ValueError("not a Debezium change event: it has no `op`")
    source = document.get("source")
    if not isinstance(source, dict):
        raise ValueError(  # noqa: TRY004  # of the data
            "not a Debezium change event: it has no `source`"
        )
    return Envelope(
        document, source, _columns(fields, "before"), _columns(fields, "after")
    )


def message_key(message: bytes | str | None) -> Row | None:
    """The key columns that a message's key carries; None: it carries none."""
    try:
        document = _document(message)
    except ValueError:
        return None
    if isinstance(document, dict) and {"schema", "payload"} <= set(document):
        document = document["payload"]
    return document if isinstance(document, dict) else None


def whole_number(value: Any, name: str) -> int | None:
    """A whole number of the envelope; None: it was not sent.

    Raises:
        ValueError: something else was, or it is out of a bigint's bounds.
    """
    if value is None:
        return None
    if isinstance(value, Number):
        try:
            number = int(value)
        except ValueError:
            raise ValueError(f"{name} is {value}, not a whole number") from None
        if abs(number) < 1 << 63:
            return number
    raise ValueError(f"{name} is {str(value)[:SHOWN]}, not a whole number")


def is_unavailable(value: Any) -> bool:
    """Whether it stands for a large value that the log did not repeat.

    https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-toasted-values
    """
    if isinstance(value, list):
        return len(value) == 1 and is_unavailable(value[0])
    return type(value) is str and value in UNAVAILABLE


def as_json(value: Any) -> str:
    """Compact JSON; a `Number` is written as it was sent."""
    if type(value) is Number:
        return str(value)
    if isinstance(value, Mapping):
        inner = (f"{json.dumps(name)}:{as_json(v)}" for name, v in value.items())
        return "{" + ",".join(inner) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(as_json, value)) + "]"
    return json.dumps(value)


def _document(message: bytes | str | None) -> Any:
    if not message:
        return None
    try:
        text = message.decode() if isinstance(message, bytes) else message
        return decode_exactly(text)
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}") from None
    except RecursionError:
        raise ValueError("not JSON: nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from None


def _columns(fields: Any, image: str) -> Mapping[str, Row] | None:
    """The schemas of the columns of `before` or `after`, by column."""
    if not isinstance(fields, list):
        return None
    for schema in fields:
        if isinstance(schema, dict) and schema.get("field") == image:
            inner = schema.get("fields") or ()
            return {
                f["field"]: f for f in inner if isinstance(f, dict) and "field" in f
            }
    return None
