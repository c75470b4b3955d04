"""The key of a row as text: what a config table declares as its key, in order."""

from decimal import Decimal
from typing import Any

from pipelines.config.declaration import Declaration
from pipelines.sources.config_changes.envelope import Row, as_json
from pipelines.sources.config_changes.values import fitted


def row_key(
    op: str, before: Row | None, after: Row | None, key: Row | None, table: Declaration
) -> str | None:
    """The key of the row that a change is of, as a JSON array; None: of a truncation.

    `key` is the message's own, which says which row went where `before` does not.

    Raises:
        ValueError: nothing says which row, or an update changes the key.
    """
    if op == "t":
        return None
    if op == "d":
        new = _key(before, table) or _key(_sent_key(key, table), table)
        if new is None:
            raise ValueError("a delete that does not say which row")
        return new
    new, old = _key(after, table), _key(before, table)
    if new is None:
        raise ValueError(f"op {op!r} without the key ({', '.join(table.key)})")
    if old not in {new, None}:
        raise ValueError("a changed key should come as a delete and a create")
    return new


def _sent_key(key: Row | None, table: Declaration) -> Row | None:
    """The key columns of a message's key, fitted."""
    if key is None or not set(table.key) <= set(key):
        return None
    return {name: fitted(key[name], table.types[name]) for name in table.key}


def _key(row: Row | None, table: Declaration) -> str | None:
    """The key columns as a JSON array; None where one is missing or null.

    Decimals that are equal are one key, whatever their scale.
    """
    if row is None or any(row.get(name) is None for name in table.key):
        return None
    return as_json([_key_value(row[name], table, name) for name in table.key])


def _key_value(value: Any, table: Declaration, name: str) -> Any:
    if table.types[name].kind == "decimal" and value[-1:].isdigit():
        number = Decimal(value)
        # `normalize` would round to the context's 28 digits
        text = f"{number:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return value
