"""A row before and after its change, fitted to the table's declaration."""

from collections.abc import Mapping
from typing import Any

from pipelines.config.declaration import Declaration
from pipelines.sources.config_changes.envelope import Envelope, Row
from pipelines.sources.config_changes.placeholder import is_unavailable
from pipelines.sources.config_changes.values import NO_SCHEMA, Schema, fitted


def images(sent: Envelope, table: Declaration) -> tuple[Row | None, Row | None]:
    """Before and after; a value that the log did not repeat is the old one.

    Raises:
        ValueError: one is no row of the table, or such a value is nowhere.
    """
    before, after = (_row(sent.payload.get(name), name) for name in ("before", "after"))
    old = (before or {}) if sent.payload["op"] == "u" else None
    return (
        fitted_row(before, table, sent.before_fields),
        fitted_row(after, table, sent.after_fields, old),
    )


def _row(row: Any, name: str) -> Row | None:
    if row is None or isinstance(row, dict):
        return row
    raise ValueError(f"`{name}` is no row")


def fitted_row(
    row: Row | None,
    table: Declaration,
    fields: Mapping[str, Schema] | None,
    old: Row | None = None,
) -> Row | None:
    """The columns of a row, each as its declared type has it.

    `old` has the values that an update did not change and did not send. What is null
    there was not large: that row is not the whole one.

    Raises:
        ValueError: a column is not declared, or does not fit; says why.
    """
    if row is None:
        return None
    types, schemas, encoding = table.types, fields or NO_SCHEMA, table.encoding
    if unknown := [column for column in row if column not in types]:
        raise ValueError(f"column {unknown[0]!r} is not declared in {table.table}")
    fitting = {}
    for column, value in row.items():
        if is_unavailable(value, encoding.placeholder):
            value = _unchanged(column, value, old)  # noqa: PLW2901
        schema = schemas.get(column, NO_SCHEMA)
        try:
            fitting[column] = fitted(value, types[column], schema, encoding)
        except ValueError as error:
            raise ValueError(f"column {column!r}: {error}") from None
    return fitting


def _unchanged(column: str, sent: Any, row: Row | None) -> Any:
    """The old value of a column of which a placeholder was sent.

    Of booleans the placeholder looks like a value, which it is where nothing is old.
    """
    old = (row or NO_SCHEMA).get(column)
    is_of_truths = isinstance(sent, list) and all(item is True for item in sent)
    if is_of_truths and row is None:
        return sent
    if is_of_truths and sent != old:
        raise ValueError(f"{column!r} is a value, or stands for one that was not sent")
    if old is None:
        raise ValueError(
            f"the value of {column!r} was not sent: the table's replica identity is"
            " not full"
        )
    return old
