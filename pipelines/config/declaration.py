"""What a config table holds, by its own declaration: key, columns, types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import yaml

from pipelines.config.column_type import ColumnType, column_type
from pipelines.errors import SetupError

Connection = psycopg.Connection[tuple[Any, ...]]

SHAPE = "`table`, `key: [columns]`, `columns: {name: Postgres type}`"

# the catalogue shows a table to a role that may not read it; information_schema not
DECLARED: LiteralString = """
select
    c.relname,
    array_agg(a.attname order by a.attnum),
    array_agg(format_type(a.atttypid, a.atttypmod) order by a.attnum),
    array_agg(a.attname order by array_position(i.indkey::smallint[], a.attnum))
        filter (where a.attnum = any(i.indkey))
from pg_class as c
inner join pg_attribute as a on c.oid = a.attrelid
left join pg_index as i on c.oid = i.indrelid and i.indisprimary
where
    c.relnamespace = to_regnamespace(%s)
    and c.relkind in ('r', 'p')
    and not c.relispartition
    and a.attnum > 0
    and not a.attisdropped
group by c.relname
order by c.relname
"""


@dataclass(frozen=True)
class Declaration:
    """A config table; `table` with its schema or without.

    Raises:
        SetupError: it has no key, or a key that is none of its columns.
    """

    table: str
    key: tuple[str, ...]
    columns: Mapping[str, str] = field(hash=False)

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
        return {name: column_type(declared) for name, declared in self.columns.items()}

    @property
    def name(self) -> str:
        """The table without its schema."""
        return self.table.rpartition(".")[2]

    def is_of(self, schema: str | None, table: str | None) -> bool:
        """Whether an event of `schema.table` is of this table."""
        return self.table in {table, f"{schema}.{table}"}


def read_declaration(path: Path) -> Declaration:
    """The declaration of a YAML file: `table`, `key`, `columns`.

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
    if not isinstance(document, dict) or set(document) != {"table", "key", "columns"}:
        raise SetupError(f"{path} should have {SHAPE}, and nothing else")
    table, key, columns = (document[name] for name in ("table", "key", "columns"))
    key = [key] if isinstance(key, str) else key
    if not (isinstance(table, str) and _is_names(key) and isinstance(columns, dict)):
        raise SetupError(f"{path} should have {SHAPE}")
    if not (_is_names(list(columns)) and _is_names(list(columns.values()))):
        raise SetupError(
            f"{path}: `columns` should be {{name: Postgres type}};"
            " a type with a comma is quoted there"
        )
    return Declaration(table, tuple(key), columns)


def declared_tables(
    connection: Connection, schema: str = "config"
) -> dict[str, Declaration]:
    """Every table of `schema` that has a primary key, by its name."""
    rows = connection.execute(DECLARED, (schema,)).fetchall()
    return {
        name: Declaration(
            f"{schema}.{name}", tuple(key), dict(zip(columns, types, strict=True))
        )
        for name, columns, types, key in rows
        if key
    }


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) and v for v in value)
