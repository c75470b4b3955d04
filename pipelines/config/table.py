"""A config table: its declaration, its rows, and a row's columns as words.

A word is a value as a person types it and a CSV holds it: `0.9`, `true`, and of a list
its items with spaces or commas between.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from pipelines.config.declaration import Declaration, declared_tables
from pipelines.errors import BadDataError, SetupError
from pipelines.terminal import report
from pipelines.warehouse import Connection

SCHEMA = "config"
UNMADE_MESSAGE = "the warehouse has no config tables: run `bullion up postgres`"
Words = Mapping[str, str]
Values = dict[str, Any]


def tables(connection: Connection) -> dict[str, Declaration]:
    """The config tables by name, a shorter key first: others refer to it.

    Raises:
        SetupError: the warehouse has none.
    """
    declared = declared_tables(connection, SCHEMA)
    if not declared:
        raise SetupError(UNMADE_MESSAGE)
    return dict(sorted(declared.items(), key=lambda item: (len(item[1].key), item[0])))


def table(connection: Connection, name: str) -> Declaration:
    """The config table of this name.

    Raises:
        SetupError: there is none, and these there are.
    """
    by_name = tables(connection)
    if name not in by_name:
        raise SetupError(
            f"no config table is called {name}; there are {', '.join(by_name)}"
        )
    return by_name[name]


def rows(connection: Connection, declared: Declaration) -> list[Values]:
    """Every row, in the order of the key."""
    statement = sql.SQL("select {} from {} order by {}").format(
        names(declared.columns), identifier(declared), names(declared.key)
    )
    values = connection.execute(statement).fetchall()
    return [dict(zip(declared.columns, row, strict=True)) for row in values]


def row(connection: Connection, declared: Declaration, key: Words) -> Values:
    """The row of this key.

    Raises:
        SetupError: there is none.
    """
    statement = sql.SQL("select {} from {} where {}").format(
        names(declared.columns), identifier(declared), matches(declared)
    )
    with refusals():
        values = connection.execute(statement, literals(declared, key)).fetchone()
    if values is None:
        raise SetupError(f"{declared.table} has no row {' '.join(key.values())}")
    return dict(zip(declared.columns, values, strict=True))


def split(declared: Declaration, words: Sequence[str]) -> tuple[Words, Words]:
    """A key's words and the `column=value` that follow them.

    Raises:
        SetupError: a word is missing, or a column is not known.
    """
    size = len(declared.key)
    key = dict(zip(declared.key, words[:size], strict=False))
    if len(key) < size:
        raise SetupError(
            f"a row of {declared.table} is named by {' '.join(declared.key).upper()}"
        )
    columns: dict[str, str] = {}
    for word in words[size:]:
        name, equals, value = word.partition("=")
        if not equals:
            raise SetupError(f"{word!r} is not COLUMN=VALUE")
        if name not in declared.columns or name in declared.key:
            others = ", ".join(c for c in declared.columns if c not in declared.key)
            raise SetupError(
                f"{declared.table} has no column {name} to set; there are {others}"
            )
        columns[name] = value
    return key, columns


def key_of(declared: Declaration, words: Sequence[str]) -> Words:
    """A key's words, and no others.

    Raises:
        SetupError: there are too few, or too many.
    """
    key, _ = split(declared, words[: len(declared.key)])
    if len(words) > len(declared.key):
        raise SetupError(
            f"{' '.join(words[len(declared.key) :])!r} is no part of a key"
        )
    return key


def literals(declared: Declaration, words: Words) -> dict[str, Any]:
    """What Postgres is given for words: lists for lists, text for the rest."""
    return {
        name: word.replace(",", " ").split()
        if declared.types[name].kind == "array"
        else word
        for name, word in words.items()
    }


def worded(values: Mapping[str, Any]) -> dict[str, str]:
    """A row's values as words."""
    return {name: word(value) for name, value in values.items()}


def word(value: Any) -> str:
    """A value as a word."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return " ".join(map(word, value))
    return report.plain(value)


def matches(declared: Declaration) -> sql.Composed:
    """The condition that a row has the key that is given by its columns' names."""
    return pairs(declared.key, "{} = {}", " and ")


def pairs(
    columns: Iterable[str], pair: LiteralString, between: LiteralString
) -> sql.Composed:
    """Each column and the value that is given by its name."""
    return sql.SQL(between).join(
        sql.SQL(pair).format(sql.Identifier(name), sql.Placeholder(name))
        for name in columns
    )


@contextmanager
def refusals() -> Iterator[None]:
    """What a constraint or a type refuses, as its one sentence.

    Raises:
        BadDataError: what was given is refused.
        SetupError: the login may not, or the table is another.
    """
    try:
        yield
    except (psycopg.IntegrityError, psycopg.DataError) as error:
        raise BadDataError(_message(error)) from None
    except psycopg.errors.InsufficientPrivilege as error:
        raise SetupError(
            f"{_message(error)}; `grant operator to` the login that writes it"
        ) from None


def _message(error: psycopg.Error) -> str:
    message = error.diag.message_primary or str(error).strip().splitlines()[0]
    hint = error.diag.message_hint
    return f"{message}. {hint}" if hint else message


def identifier(declared: Declaration) -> sql.Identifier:
    """The table's name in SQL."""
    return sql.Identifier(SCHEMA, declared.name)


def names(columns: Iterable[str]) -> sql.Composed:
    """Columns in SQL, with commas between."""
    return sql.SQL(", ").join(map(sql.Identifier, columns))
