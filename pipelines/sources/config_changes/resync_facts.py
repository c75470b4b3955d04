"""What a resync asks of Postgres: where the WAL is, what stands, what bronze holds."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, LiteralString

from psycopg import sql

from pipelines.config.declaration import declared_tables
from pipelines.sources.config_changes.history import newest_whole_snapshot
from pipelines.sources.config_changes.tables import SCHEMA
from pipelines.warehouse import Connection

NOW: LiteralString = "select (pg_current_wal_lsn() - '0/0')::bigint"
IS_EMPTY: LiteralString = "select ops.is_config_table_empty(%s)"
KEPT: LiteralString = """
select c.relname from pg_class as c
where c.relnamespace = to_regnamespace(%s) and c.relkind = 'r'
"""
NEWEST: LiteralString = """
select timestamptz 'epoch' + max(c.committed_at_us) * interval '1 microsecond'
from {table} as c
"""
INFERRED: LiteralString = """
select count(*) from {table} as c where c.is_inferred and c.lsn >= {since}
"""


def names(connection: Connection) -> list[str]:
    """The config tables."""
    return list(declared_tables(connection))


def lsn_now(connection: Connection) -> int:
    """How far the WAL is written."""
    return int(_one(connection, NOW))


def are_empty(connection: Connection) -> bool:
    """Whether no config table has a row."""
    return all(_one(connection, IS_EMPTY, name) for name in names(connection))


def snapshot(connection: Connection) -> int | None:
    """The LSN of the newest snapshot that bronze holds whole; None: there is none."""
    return newest_whole_snapshot(connection, _kept(connection))


def newest_commit(connection: Connection) -> datetime | None:
    """When the newest change that bronze holds was committed."""
    return max((s for s in _of_each(connection, NEWEST) if s), default=None)


def inferred_count(connection: Connection, since: int) -> int:
    """How many deletes were inferred from snapshots after an LSN."""
    return sum(_of_each(connection, INFERRED, since=since))


def _kept(connection: Connection) -> list[str]:
    """The config tables that have a history."""
    found = {name for (name,) in connection.execute(KEPT, (SCHEMA,))}
    return [name for name in names(connection) if name in found]


def _of_each(
    connection: Connection, text: LiteralString, **words: Any
) -> Iterator[Any]:
    for name in _kept(connection):
        table = sql.Identifier(SCHEMA, name)
        statement = sql.SQL(text).format(table=table, **words)
        row = connection.execute(statement).fetchone()
        yield row[0] if row else None


def _one(connection: Connection, statement: LiteralString, *words: object) -> Any:
    row = connection.execute(statement, words or None).fetchone()
    return row[0] if row else None
