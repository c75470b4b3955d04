"""What a config table holds, by its own declaration: key, columns, types, encoding."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
import yaml

from pipelines.config.column_type import ColumnType, column_type
from pipelines.config.encoding import (
    CHOICES,
    PLACEHOLDER,
    UNKNOWN,
    Encoding,
    encoding,
)
from pipelines.errors import SetupError
from pipelines.local.debezium_properties import SOURCE

Connection = psycopg.Connection[tuple[Any, ...]]

REQUIRED = {"table", "key", "columns"}
SHAPE = "`table`, `key: [columns]`, `columns: {name: Postgres type}`"
OPTION = "`encoding: {a setting of the connector: its value}`"
STREAMED = encoding(SOURCE)  # as the connector of the stream writes

# the catalogue shows a table to a role that may not read it; information_schema not
DECLARED = Path(__file__).with_name("declared_tables.sql").read_text("utf-8")


@dataclass(frozen=True)
class Declaration:
    """A config table; `table` with its schema or without.

    `stored_as` says what Postgres stores where a column's type is made of another, as
    a domain is.

    Raises:
        SetupError: it has no key, or a key that is none of its columns.
    """

    table: str
    key: tuple[str, ...]
    columns: Mapping[str, str] = field(hash=False)
    stored_as: Mapping[str, str] = field(default_factory=dict, hash=False)
    encoding: Encoding = UNKNOWN

    def __post_init__(self) -> None:
        if not self.key:
            raise SetupError(f"{self.table} has no key: its changes can not be folded")
        if missing := [name for name in self.key if name not in self.columns]:
            raise SetupError(
                f"{self.table} has no column {missing[0]!r}, a part of its key"
            )
        try:
            _ = self.types
        except ValueError as error:
            raise SetupError(f"{self.table}: {error}") from None

    @cached_property
    def types(self) -> Mapping[str, ColumnType]:
        """The type of each column."""
        stored = {**self.columns, **self.stored_as}
        return {name: column_type(stored[name]) for name in self.columns}

    @cached_property
    def unsent(self) -> str:
        """Why no change of the table can be decoded; empty: they can."""
        for name, column in self.types.items():
            if "unsent" in (column.kind, column.element and column.element.kind):
                return (
                    f"column {name!r} of {self.table} is {self.columns[name]}, a type"
                    " that Debezium does not send as it is"
                )
        return ""

    @property
    def name(self) -> str:
        """The table without its schema."""
        return self.table.rpartition(".")[2]

    def is_of(self, schema: str | None, table: str | None) -> bool:
        """Whether an event of `schema.table` is of this table."""
        return self.table in {table, f"{schema}.{table}"}


def read_declaration(path: Path) -> Declaration:
    """The declaration of a YAML file: `table`, `key`, `columns`, maybe `encoding`.

    Raises:
        SetupError: the file is not there, or says something else.
    """
    try:
        # every scalar as text: a column may be called `no`
        document = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    except OSError as error:
        raise SetupError(f"{path} can not be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SetupError(
            f"{path} is not YAML: {' '.join(str(error).split())}"
        ) from None
    if not isinstance(document, dict) or set(document) - {"encoding"} != REQUIRED:
        raise SetupError(f"{path} should have {SHAPE}, maybe {OPTION}, nothing else")
    table, key, columns = (document[name] for name in ("table", "key", "columns"))
    key = [key] if isinstance(key, str) else key
    if not (isinstance(table, str) and _is_names(key) and isinstance(columns, dict)):
        raise SetupError(f"{path} should have {SHAPE}")
    if not (_is_names(list(columns)) and _is_names(list(columns.values()))):
        raise SetupError(
            f"{path}: `columns` should be {{name: Postgres type}};"
            " a type with a comma is quoted there"
        )
    return Declaration(
        table, tuple(key), columns, encoding=_encoding(path, document.get("encoding"))
    )


def _encoding(path: Path, settings: Any) -> Encoding:
    allowed = [*CHOICES, PLACEHOLDER]
    if settings is None:
        return UNKNOWN
    if not isinstance(settings, dict) or set(settings) - set(allowed):
        raise SetupError(f"{path}: `encoding` has settings of {', '.join(allowed)}")
    try:
        return encoding(settings)
    except ValueError as error:
        raise SetupError(f"{path}: {error}") from None


def declared_tables(
    connection: Connection, schema: str = "config"
) -> dict[str, Declaration]:
    """Every table of `schema` that has a primary key, by its name."""
    with psycopg.RawCursor(connection) as cursor:
        rows = cursor.execute(DECLARED.encode(), (schema,)).fetchall()
    return {
        name: Declaration(
            f"{schema}.{name}",
            tuple(key),
            dict(zip(columns, types, strict=True)),
            dict(zip(columns, stored_as, strict=True)),
            STREAMED,
        )
        for name, columns, types, stored_as, key in rows
        if key
    }


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) and v for v in value)
