"""Creates bronze tables, before anything is delivered to them.

dlt would make each at its first row; silver stands on all of them from the first load
of anything. dlt finds them as it would have made them, and adds what later versions of
a table have more.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import LiteralString

from psycopg import sql

from pipelines.bronze.tables import DELIVERY_COLUMNS, Column, DataType, Table
from pipelines.warehouse import Connection

TYPES: Mapping[DataType, LiteralString] = {
    "text": "text",
    "bigint": "bigint",
    "decimal": "numeric(38, 18)",
    "rate": "numeric(38, 36)",
    "bool": "boolean",
    "timestamp": "timestamp with time zone",
    "bytes": "bytea",
}
# B-tree: a BRIN over 10 M rows was seen to stop filtering until it was built anew
LOAD_ID_INDEX = ("_dlt_load_id",)
HELD = """
select n.nspname || '.' || c.relname, a.attname, a.attnotnull
from pg_attribute as a
inner join pg_class as c on a.attrelid = c.oid
inner join pg_namespace as n on c.relnamespace = n.oid
where n.nspname = any(%s) and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
"""
INDEXED = "select schemaname || '.' || indexname from pg_indexes"


def declare(connection: Connection, tables: Mapping[str, Sequence[Table]]) -> None:
    """Create the tables, by schema, that do not exist yet. Idempotent.

    A table of a version before gains the columns that may be null, and one that need
    not be null any more may be: silver stands on them before a load brings a row.
    """
    held: dict[str, dict[str, bool]] = defaultdict(dict)
    for name, column, is_required in connection.execute(HELD, ([*tables],)):
        held[name][column] = is_required
    missing = {
        schema: [table for table in declared if f"{schema}.{table.name}" not in held]
        for schema, declared in tables.items()
    }
    changes = list(_changes(held, tables))
    if not changes and not any(missing.values()):
        return
    with _alone(connection):
        for change in changes:
            connection.execute(change)
        for schema, declared in missing.items():
            name = sql.Identifier(schema)
            connection.execute(sql.SQL("create schema if not exists {}").format(name))
            for table in declared:
                connection.execute(_definition(schema, table))


def _changes(
    held: Mapping[str, Mapping[str, bool]], tables: Mapping[str, Sequence[Table]]
) -> Iterator[sql.Composed]:
    """What makes tables of a version before as they are declared.

    `held`: which columns stand, by table, and whether each is required.
    """
    add = sql.SQL("alter table {} add column if not exists {}")
    loosen = sql.SQL("alter table {} alter column {} drop not null")
    for schema, declared in tables.items():
        for table in declared:
            known = held.get(f"{schema}.{table.name}")
            where = sql.Identifier(schema, table.name)
            for column in table.columns:
                if not known or not column.nullable:
                    continue
                if column.name not in known:
                    yield add.format(where, _column(column))
                elif known[column.name]:
                    yield loosen.format(where, sql.Identifier(column.name))


def index(connection: Connection, schema: str, tables: Sequence[Table]) -> None:
    """Create the indexes that do not exist yet; to look takes no lock on loads."""
    existing = {name for (name,) in connection.execute(INDEXED)}
    for table in tables:
        for columns in (*table.indexes, LOAD_ID_INDEX):
            name = f"{table.name}_{'_'.join(c.strip('_') for c in columns)}_idx"
            if f"{schema}.{name}" in existing:
                continue
            with _alone(connection):
                connection.execute(
                    sql.SQL("create index if not exists {} on {} ({})").format(
                        sql.Identifier(name),
                        sql.Identifier(schema, table.name),
                        sql.SQL(", ").join(map(sql.Identifier, columns)),
                    )
                )


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """One transaction at a time: of two that create the same relation one would fail.

    `if not exists` looks before it creates, and sees what was committed by then: the
    transaction begins after the lock is held, for within one the server may go on
    believing that a schema is not there.
    """
    connection.execute("select pg_advisory_lock(hashtext('declare bronze'))")
    try:
        with connection.transaction():
            yield
    finally:
        if not connection.closed:  # else the lock is gone with it
            connection.execute("select pg_advisory_unlock(hashtext('declare bronze'))")


def _definition(schema: str, table: Table) -> sql.Composed:
    columns = [_column(column) for column in (*table.columns, *DELIVERY_COLUMNS)]
    return sql.SQL("create table if not exists {} ({})").format(
        sql.Identifier(schema, table.name), sql.SQL(", ").join(columns)
    )


def _column(column: Column) -> sql.Composed:
    return sql.SQL("{} {}{}").format(
        sql.Identifier(column.name),
        sql.SQL(TYPES[column.data_type]),
        sql.SQL("" if column.nullable else " not null"),
    )
