"""One row of the configuration: added, changed, removed.

Only the columns that are named are written, so that two operators who turn different
columns of a row both have their way.
"""

from dataclasses import dataclass

from psycopg import sql

from pipelines.config.declaration import Declaration
from pipelines.config.table import (
    Values,
    Words,
    identifier,
    literals,
    matches,
    names,
    pairs,
    refusals,
    row,
)
from pipelines.errors import BadDataError, SetupError
from pipelines.warehouse import Connection


@dataclass(frozen=True)
class Changed:
    """A row after the change, or before its removal; `is_new`: it was not so before."""

    row: Values
    is_new: bool


def add(
    connection: Connection, table: Declaration, key: Words, columns: Words
) -> Changed:
    """Add a row; what is not named is as the table has it by default.

    Raises:
        BadDataError: a rule refuses it, or the row is there.
    """
    words = {**key, **columns}
    statement = sql.SQL(
        "insert into {} ({}) values ({}) on conflict ({}) do nothing"
    ).format(
        identifier(table),
        names(words),
        sql.SQL(", ").join(map(sql.Placeholder, words)),
        names(table.key),
    )
    with refusals():
        count = connection.execute(statement, literals(table, words)).rowcount
    if not count:
        raise BadDataError(
            f"{table.table} has a row {' '.join(key.values())}: change it with"
            " `bullion config set`"
        )
    return Changed(row(connection, table, key), is_new=True)


def change(
    connection: Connection, table: Declaration, key: Words, columns: Words
) -> Changed:
    """Change columns of a row; a row that is so already is not written again.

    Raises:
        SetupError: there is no such row, or no column is named.
        BadDataError: a rule refuses it.
    """
    if not columns:
        raise SetupError("say what to set, as COLUMN=VALUE")
    statement = sql.SQL("update {} set {} where {} and ({})").format(
        identifier(table),
        pairs(columns, "{} = {}", ", "),
        matches(table),
        pairs(columns, "{} is distinct from {}", " or "),
    )
    with refusals():
        values = literals(table, {**key, **columns})
        count = connection.execute(statement, values).rowcount
    return Changed(row(connection, table, key), is_new=bool(count))


def remove(connection: Connection, table: Declaration, key: Words) -> Changed:
    """Remove a row; what it was.

    Raises:
        SetupError: there is no such row.
        BadDataError: others refer to it.
    """
    was = row(connection, table, key)
    statement = sql.SQL("delete from {} where {}").format(
        identifier(table), matches(table)
    )
    with refusals():
        count = connection.execute(statement, literals(table, key)).rowcount
    if not count:
        raise SetupError(f"{table.table} has no row {' '.join(key.values())} any more")
    return Changed(was, is_new=True)
