"""Rows appended to a bronze schema with the position that they speak for, at once.

For what dlt does not load: a stream. The rows of a batch, how far it read (rows of a
table, too) and that it is a finished load commit in one transaction:
docs/decisions/0006-a-batch-of-changes-commits-with-its-position.md.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import md5
from typing import Any, LiteralString
from uuid import uuid4

from psycopg import sql

from pipelines.bronze import ddl
from pipelines.bronze.tables import DELIVERY_COLUMNS, Table
from pipelines.warehouse import Connection

Fields = tuple[Any, ...]  # of a row, in the order of its table's columns

DELIVERED = tuple(column.name for column in DELIVERY_COLUMNS)
IDENTITY: LiteralString = """
create unique index if not exists {index} on {table} ({identity}) nulls not distinct
"""
# of another identity, as of a version before
OTHER_IDENTITIES: LiteralString = """
select c.relname from pg_index as i
inner join pg_class as c on i.indexrelid = c.oid
where
    i.indrelid = to_regclass(%s)
    and i.indisunique
    and not i.indisprimary
    and c.relname <> %s
"""
LANDING: LiteralString = """
create temporary table if not exists {landing} (like {table}) on commit delete rows
"""
TAKE_OVER: LiteralString = """
insert into {table} ({names}) select {names} from {landing} on conflict do nothing
"""
DELIVERY: LiteralString = """
insert into ops.deliveries (
    schema_name, load_id, file_id, table_name, rows_count, bytes_count
) values (%s, %s, %s, %s, %s, %s)
"""
NEWEST_LOAD: LiteralString = """
select coalesce(max(l.load_id::numeric * 1000000), 0)::bigint from ops.loads as l
where l.schema_name = %s
"""
REGISTER: LiteralString = "select ops.register_stream_load(%s, %s, %s::numeric)"


@dataclass(frozen=True)
class Delivery:
    """Where the rows of one batch come from: the load, and its only file."""

    load_id: str
    file: str


class Appender:
    """The one writer of a bronze schema: its connection holds the lock.

    `noted` runs in the transaction of each load, once its rows are there. `prepare`
    comes first, for every table that is then written.
    """

    def __init__(
        self,
        connection: Connection,
        schema: str,
        noted: Callable[[Delivery], object] = lambda _: None,
    ) -> None:
        self.connection = connection
        self.schema = schema
        self._noted = noted
        row = connection.execute(NEWEST_LOAD, (schema,)).fetchone()
        self._newest_us = int(row[0]) if row else 0

    def prepare(
        self, tables: Sequence[Table], identity: LiteralString | None = None
    ) -> None:
        """Make the tables that are not there; `identity` is what `add_new` goes by.

        It is a list of columns or expressions of an index.
        """
        ddl.declare(self.connection, {self.schema: tables})
        ddl.index(self.connection, self.schema, tables)
        for table in tables if identity else ():
            self._identify(table, identity or "")
            landing = sql.SQL(LANDING).format(
                landing=_landing(table), table=self._target(table)
            )
            self.connection.execute(landing)

    def _identify(self, table: Table, identity: LiteralString) -> None:
        """Have the index of this identity, and of no other."""
        named = f"{table.name} {identity}".encode()  # a name has 63 bytes at most
        digest = md5(named, usedforsecurity=False).hexdigest()
        index, target = f"identity_{digest}_idx", self._target(table)
        statement = sql.SQL(IDENTITY).format(
            index=sql.Identifier(index), table=target, identity=sql.SQL(identity)
        )
        self.connection.execute(statement)
        values = (target.as_string(None), index)
        for (other,) in self.connection.execute(OTHER_IDENTITIES, values).fetchall():
            stale = sql.Identifier(self.schema, other)
            self.connection.execute(sql.SQL("drop index if exists {}").format(stale))

    def commit(
        self, write: Callable[[Delivery], Mapping[str, int]], *, bytes_count: int = 0
    ) -> str:
        """Run `write`, which returns its rows by table, as a finished load; its id."""
        began, delivery = time.monotonic(), Delivery(self._next_load_id(), uuid4().hex)
        with self.connection.transaction(), self.connection.cursor() as cursor:
            for table, count in write(delivery).items():
                if count:
                    note = (delivery.load_id, f"{delivery.file} {table}", table)
                    cursor.execute(DELIVERY, (self.schema, *note, count, bytes_count))
                    bytes_count = 0  # of the batch: counted once
            self._noted(delivery)
            spent = f"{time.monotonic() - began:.6f}"
            cursor.execute(REGISTER, (self.schema, delivery.load_id, spent))
        return delivery.load_id

    def add(self, table: Table, rows: Iterable[Fields], delivery: Delivery) -> int:
        """Append rows; how many."""
        return self._copy(self._target(table), table, rows, delivery)

    def add_new(self, table: Table, rows: Iterable[Fields], delivery: Delivery) -> int:
        """Append the rows whose identity the table does not hold yet; how many."""
        self._copy(_landing(table), table, rows, delivery)
        statement = sql.SQL(TAKE_OVER).format(
            table=self._target(table), landing=_landing(table), names=_names(table)
        )
        return self.connection.execute(statement).rowcount

    def _next_load_id(self) -> str:
        """Of this moment, as dlt's, and later than every one before."""
        self._newest_us = max(self._newest_us + 1, time.time_ns() // 1000)
        return f"{self._newest_us // 1_000_000}.{self._newest_us % 1_000_000:06d}"

    def _target(self, table: Table) -> sql.Identifier:
        return sql.Identifier(self.schema, table.name)

    def _copy(
        self,
        target: sql.Identifier,
        table: Table,
        rows: Iterable[Fields],
        delivery: Delivery,
    ) -> int:
        rows = list(rows)
        if not rows:
            return 0
        statement = sql.SQL("copy {} ({}) from stdin").format(target, _names(table))
        with self.connection.cursor() as cursor, cursor.copy(statement) as copy:
            for number, fields in enumerate(rows):
                copy.write_row((*fields, delivery.load_id, delivery.file, number))
        return len(rows)


def _landing(table: Table) -> sql.Identifier:
    return sql.Identifier(f"landed_{table.name}")


def _names(table: Table) -> sql.Composed:
    columns = [*(column.name for column in table.columns), *DELIVERED]
    return sql.SQL(", ").join(map(sql.Identifier, columns))
