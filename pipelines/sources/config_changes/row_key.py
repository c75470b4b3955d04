"""The key of a row as text: what a config table declares as its key, in order."""

from decimal import Decimal
from typing import Any

from pipelines.config.declaration import Declaration
from pipelines.sources.config_changes.envelope import Row
from pipelines.sources.config_changes.values import as_json, fitted


def row_key(
    op: str,
    before: Row | None,
    after: Row | None,
    key: Row | None,
    told: Declaration,
) -> str | None:
    """The key of the row that a change is of, as a JSON array; None: of a truncation.

    `key` is the message's own, which says which row went where `before` does not.

    Raises:
        ValueError: nothing says which row, or an update changes the key.
    """
    if op == "t":
        return None
    if op == "d":
        found = _key(before, told) or _key(_sent_key(key, told), told)
        if found is None:
            raise ValueError("a delete that does not say which row")
        return found
    found, old = _key(after, told), _key(before, told)
    if found is None:
        raise ValueError(f"op {op!r} without the key ({', '.join(told.key)})")
    if old not in {found, None}:
        raise ValueError("a changed key should come as a delete and a create")
    return found


def _sent_key(key: Row | None, told: Declaration) -> Row | None:
    """The key columns of a message's key, fitted."""
    if key is None or not set(told.key) <= set(key):
        return None
    return {name: fitted(key[name], told.types[name]) for name in told.key}


def _key(row: Row | None, told: Declaration) -> str | None:
    """The key columns as a JSON array; None where one is missing or null.

    Decimals that are equal are one key, whatever their scale.
    """
    if row is None or any(row.get(name) is None for name in told.key):
        return None
    return as_json([_key_value(row[name], told, name) for name in told.key])


def _key_value(value: Any, told: Declaration, name: str) -> Any:
    if told.types[name].kind == "decimal" and value[-1:].isdigit():
        number = Decimal(value)
        # `normalize` would round to the context's 28 digits
        text = f"{number:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return value
