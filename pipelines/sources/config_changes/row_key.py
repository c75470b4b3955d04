"""The key of a row as text: what a config table declares as its key, in order."""

from pipelines.config.declaration import Declaration
from pipelines.sources.config_changes.envelope import Key, Row, as_json
from pipelines.sources.config_changes.equality import as_compared
from pipelines.sources.config_changes.images import fitted_row


def row_key(
    op: str, before: Row | None, after: Row | None, key: Key | None, table: Declaration
) -> str | None:
    """The key of the row that a change is of, as a JSON array; None: of a truncation.

    `key` is the message's own, which says which row went where `before` does not. Of
    values that are equal to Postgres the keys are the same text.

    Raises:
        ValueError: nothing says which row, or an update changes the key.
    """
    if op == "t":
        return None
    if op == "d":
        new = key_of_row(before, table) or key_of_row(_sent_key(key, table), table)
        if new is None:
            raise ValueError("a delete that does not say which row")
        return new
    new, old = key_of_row(after, table), key_of_row(before, table)
    if new is None:
        raise ValueError(f"op {op!r} without the key ({', '.join(table.key)})")
    if old not in {new, None}:
        raise ValueError("a changed key should come as a delete and a create")
    return new


def _sent_key(key: Key | None, table: Declaration) -> Row | None:
    """The key columns of a message's key, fitted."""
    if key is None or not set(table.key) <= set(key.columns):
        return None
    return fitted_row(key.columns, table, key.fields)


def key_of_row(row: Row | None, table: Declaration) -> str | None:
    """The key columns as a JSON array; None where one is missing or null."""
    if row is None or any(row.get(name) is None for name in table.key):
        return None
    return as_json([as_compared(row[name], table.types[name]) for name in table.key])
