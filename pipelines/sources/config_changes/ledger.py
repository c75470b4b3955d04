"""Changes appended to `bronze_config`, each once, one transaction a batch.

What a batch brought, how far it read, its changes' rows in `ops.config_effects`, and
that it is a finished load commit together:
docs/decisions/0006-a-batch-of-changes-commits-with-its-position.md.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import LiteralString
from uuid import uuid4

from psycopg import sql

from pipelines.bronze import ddl
from pipelines.bronze.tables import DELIVERY_COLUMNS, Column, Table
from pipelines.sources.config_changes import rows
from pipelines.sources.config_changes.batch import Batch
from pipelines.sources.config_changes.rows import Fields
from pipelines.sources.config_changes.tables import (
    EVENT,
    MENDED,
    PAGES,
    QUARANTINE,
    SCHEMA,
    tables,
)
from pipelines.warehouse import Connection

DELIVERED = tuple(column.name for column in DELIVERY_COLUMNS)
# rows of one COPY share an LSN, a changed key gives two changes of one transaction
IDENTITY: LiteralString = """
create unique index if not exists {index} on {table} (
    lsn, transaction_id, md5(row_key), op, transaction_position
) nulls not distinct
"""
LANDING: LiteralString = """
create temporary table if not exists landed_changes (
    like {table}, table_name text not null
) on commit delete rows
"""
TAKE_OVER: LiteralString = """
insert into {table} ({names})
select {names} from landed_changes where table_name = {name}
on conflict do nothing
"""
DELIVERY: LiteralString = """
insert into ops.deliveries (
    schema_name, load_id, file_id, table_name, rows_count, bytes_count
) values ('bronze_config', %s, %s, %s, %s, %s)
"""
NEWEST_LOAD: LiteralString = """
select coalesce(max(l.load_id::numeric * 1000000), 0)::bigint from ops.loads as l
where l.schema_name = 'bronze_config'
"""
EFFECTS: LiteralString = "select ops.note_config_effects(%s)"
REGISTER: LiteralString = (
    "select ops.register_stream_load('bronze_config', %s, %s::numeric)"
)


@dataclass(frozen=True)
class Delivery:
    """Where the rows of one batch come from: the load, and its only file."""

    load_id: str
    file: str


@dataclass(frozen=True)
class Appended:
    """What a batch left: how many changes were not held yet, by config table."""

    load_id: str
    new_counts: Mapping[str, int]

    @property
    def new_count(self) -> int:
        """How many changes were not held yet."""
        return sum(self.new_counts.values())


class Ledger:
    """The one writer of `bronze_config`: its connection holds the lock.

    `prepare` comes first, for every config table that is then written.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._prepared: set[str] = set()
        self._has_landing = False
        row = connection.execute(NEWEST_LOAD).fetchone()
        self._newest_us = int(row[0]) if row else 0

    def prepare(self, names: Iterable[str]) -> None:
        """Make the bronze tables of these config tables, where they are not there.

        Raises:
            SetupError: one is called as a table of ours.
        """
        missing = set(names) - self._prepared
        if self._prepared and not missing:
            return
        wanted = tables(sorted(missing))
        ddl.declare(self.connection, {SCHEMA: wanted})
        ddl.index(self.connection, SCHEMA, wanted)
        for name in sorted(missing):
            target = sql.Identifier(SCHEMA, name)
            index = sql.Identifier(f"{name}_identity_idx")
            identity = sql.SQL(IDENTITY).format(index=index, table=target)
            self.connection.execute(identity)
            if not self._has_landing:  # all have one shape
                self.connection.execute(sql.SQL(LANDING).format(table=target))
                self._has_landing = True
        self._prepared |= {PAGES.name, *missing}

    def append(self, batch: Batch) -> Appended:
        """Commit a batch; changes that are held already are left out."""

        def bring(delivery: Delivery) -> dict[str, int]:
            new_counts.update(self._take_over(batch, delivery))
            beside = {
                QUARANTINE: rows.quarantine_rows(batch),
                MENDED: rows.reprocessed_rows(batch),
                PAGES: rows.page_rows(batch),
            }
            counts = {t.name: self._add(t, r, delivery) for t, r in beside.items()}
            return {**new_counts, **counts}

        new_counts: dict[str, int] = {}
        load_id = self.commit(bring, bytes_count=batch.bytes_count)
        return Appended(load_id, new_counts)

    def commit(
        self, bring: Callable[[Delivery], Mapping[str, int]], *, bytes_count: int = 0
    ) -> str:
        """Run `bring`, which returns its rows by table, as one finished load."""
        began, delivery = time.monotonic(), Delivery(self._next_load_id(), uuid4().hex)
        with self.connection.transaction(), self.connection.cursor() as cursor:
            brought = bring(delivery)
            for table, count in brought.items():
                if count:
                    note = (delivery.load_id, f"{delivery.file} {table}", table)
                    cursor.execute(DELIVERY, (*note, count, bytes_count))
                    bytes_count = 0  # of the batch: counted once
            cursor.execute(EFFECTS, (delivery.load_id,))
            spent = f"{time.monotonic() - began:.6f}"
            cursor.execute(REGISTER, (delivery.load_id, spent))
        return delivery.load_id

    def _next_load_id(self) -> str:
        """Of this moment, as dlt's, and later than every one before."""
        self._newest_us = max(self._newest_us + 1, time.time_ns() // 1000)
        return f"{self._newest_us // 1_000_000}.{self._newest_us % 1_000_000:06d}"

    def _take_over(self, batch: Batch, delivery: Delivery) -> dict[str, int]:
        """Land the changes, and take over those whose identity is new."""
        if not batch.landed:
            return {}
        landing, columns = sql.Identifier("landed_changes"), names_of(EVENT)
        self._copy(landing, ["table_name", *columns], rows.landed_rows(batch), delivery)
        taken = sql.SQL(", ").join(map(sql.Identifier, [*columns, *DELIVERED]))
        counts = {}
        for name in sorted({landed.name for landed in batch.landed}):
            statement = sql.SQL(TAKE_OVER).format(
                table=sql.Identifier(SCHEMA, name), names=taken, name=name
            )
            counts[name] = self.connection.execute(statement).rowcount
        return counts

    def _add(self, table: Table, found: Iterable[Fields], delivery: Delivery) -> int:
        fields = list(found)
        if fields:
            target = sql.Identifier(SCHEMA, table.name)
            self._copy(target, names_of(table.columns), fields, delivery)
        return len(fields)

    def _copy(
        self,
        target: sql.Identifier,
        columns: Sequence[str],
        found: Iterable[Fields],
        delivery: Delivery,
    ) -> None:
        names = sql.SQL(", ").join(map(sql.Identifier, [*columns, *DELIVERED]))
        statement = sql.SQL("copy {} ({}) from stdin").format(target, names)
        with self.connection.cursor() as cursor, cursor.copy(statement) as copy:
            for number, fields in enumerate(found):
                copy.write_row((*fields, delivery.load_id, delivery.file, number))


def names_of(columns: Iterable[Column]) -> list[str]:
    """The columns' names."""
    return [column.name for column in columns]
