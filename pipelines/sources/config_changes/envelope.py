"""A Debezium envelope, with or without the schema that Kafka Connect's JSON embeds.

https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-events
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from pipelines.upstream.wire import Number, decode_exactly

Row = Mapping[str, Any]
NOTHING: Mapping[str, Any] = {}
SHOWN = 60  # characters of a bad value or message that its reason quotes
BIGINT = 1 << 63


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


class Key(NamedTuple):
    """A message's key: its columns, and their Connect schemas where it embeds them."""

    columns: Row
    fields: Mapping[str, Row]


def envelope(message: bytes | str | None) -> Envelope | None:
    """The envelope of a message's value; None: it is a tombstone.

    Raises:
        ValueError: says what the message is instead.
    """
    document = _document(message)
    fields: Any = None
    if isinstance(document, dict) and {"schema", "payload"} <= set(document):
        fields = part(document, "schema").get("fields")
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


def part(of: Row, name: str) -> Row:
    """A structure within another; empty where there is none.

    Raises:
        ValueError: something else is there.
    """
    found = of.get(name)
    if found is not None and not isinstance(found, dict):
        raise ValueError(f"`{name}` is no structure")
    return found or NOTHING


def message_key(message: bytes | str | None) -> Key | None:
    """The key columns that a message's key carries; None: it carries none."""
    try:
        document = _document(message)
    except ValueError:
        return None
    fields: Any = None
    if isinstance(document, dict) and {"schema", "payload"} <= set(document):
        fields = part(document, "schema").get("fields")
        document = document["payload"]
    return Key(document, _by_name(fields)) if isinstance(document, dict) else None


def whole_number(value: Any, name: str) -> int | None:
    """A count of the envelope; None: it was not sent.

    Raises:
        ValueError: something else was, or it is negative, or beyond a bigint.
    """
    if value is None:
        return None
    if isinstance(value, Number):
        try:
            number = int(value)
        except ValueError:
            raise ValueError(f"{name} is {value[:SHOWN]}, not a whole number") from None
        if 0 <= number < BIGINT:
            return number
    raise ValueError(f"{name} is {str(value)[:SHOWN]}, not a whole number")


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
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from None


def _columns(fields: Any, image: str) -> Mapping[str, Row] | None:
    """The schemas of the columns of `before` or `after`, by column."""
    schema = _by_name(fields).get(image)
    return schema and _by_name(schema.get("fields"))


def _by_name(fields: Any) -> Mapping[str, Row]:
    """The schemas of a structure's fields."""
    structures = fields if isinstance(fields, list) else []
    return {str(f.get("field")): f for f in structures if isinstance(f, dict)}
