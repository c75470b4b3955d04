"""What `bronze_config` holds: how far it was read, what stands, what vanished."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from pipelines.bronze.append import Delivery
from pipelines.sources.config_changes.batch import Place
from pipelines.sources.config_changes.event import LAST_OF_ALL
from pipelines.sources.config_changes.ledger import Ledger
from pipelines.sources.config_changes.tables import SCHEMA
from pipelines.warehouse import Connection, scalar

STANDING, PLACED, VANISHED = (
    Path(__file__).with_name(f"{name}.sql").read_text("utf-8")
    for name in ("standing", "placed", "vanished")
)
# relations that stand in a statement for another statement, the outer one first
STAND_INS = {
    "bronze_config.standing": f"(\n{STANDING})",
    "bronze_config.placed": f"(\n{PLACED})",
}
# the newest page, not the farthest: a log that was cut is read again from its beginning
POSITIONS: LiteralString = """
select distinct on (p.topic, p.topic_id, p.topic_partition)
    p.topic, p.topic_id, p.topic_partition, p.until_offset
from bronze_config.pages as p
order by p.topic, p.topic_id, p.topic_partition, p._dlt_load_id::numeric desc
"""
# a snapshot's rows have one transaction; the marker is on the last row of all tables
MARKED: LiteralString = """
select c.transaction_id, c.lsn from {table} as c
where c.op = 'r' and c.snapshot = {last}
order by c.lsn desc limit 1
"""
BEGINS: LiteralString = """
select min(c.lsn) from {table} as c
where c.op = 'r' and c.transaction_id is not distinct from {transaction_id}
    and c.snapshot <> 'incremental'
"""
WAS_READ: LiteralString = """
select
    exists (
        select from {table} as c
        where c.op = 'r' and c.lsn >= {lsn} and c.snapshot <> 'incremental'
    )
    or ops.is_config_table_empty({name})
"""


@dataclass(frozen=True)
class StandingRow:
    """A row by its history; what is beside it is of its last change."""

    row: Mapping[str, Any]
    effective_lsn: int
    transaction_id: int | None
    committed_at_us: int | None


def positions(connection: Connection) -> dict[Place, int]:
    """The offset after the last that was read, by partition of a topic's generation."""
    return {
        Place(topic, topic_id, partition): until
        for topic, topic_id, partition, until in connection.execute(POSITIONS)
    }


def standing_rows(connection: Connection, name: str) -> dict[str, StandingRow]:
    """The rows of a config table by its history, by key.

    Numbers are `Decimal` where they are floating, decimals are text.
    """
    with psycopg.RawCursor(connection) as cursor:
        rows = cursor.execute(statement(STANDING, name)).fetchall()
    return {
        key: StandingRow(json.loads(row, parse_float=Decimal), *of_last_change[:3])
        for key, row, *of_last_change in rows
    }


def newest_whole_snapshot(connection: Connection, names: Iterable[str]) -> int | None:
    """The LSN of the newest snapshot whose end was read; None: there is none."""
    tables = [sql.Identifier(SCHEMA, name) for name in names]
    marked = [
        row
        for table in tables
        for row in connection.execute(
            sql.SQL(MARKED).format(table=table, last=LAST_OF_ALL)
        )
    ]
    if not marked:
        return None
    transaction_id, lsn = max(marked, key=lambda row: row[1])
    if transaction_id is None:
        return int(lsn)
    begin = sql.SQL(BEGINS)
    begins = (
        scalar(connection, begin.format(table=table, transaction_id=transaction_id))
        for table in tables
    )
    return min(int(lsn) for lsn in begins if lsn is not None)


def infer_deletes(ledger: Ledger, names: Iterable[str], lsn: int) -> dict[str, int]:
    """Append the deletes that a whole snapshot at `lsn` implies; how many, by table.

    Idempotent. A table without a row in the snapshot was empty when it was taken, or
    the snapshot was of other tables: it is taken for empty if it is so now.
    """
    counts: dict[str, int] = {}
    origin = f"inferred: not in the snapshot at LSN {lsn}"

    def write(delivery: Delivery) -> Mapping[str, int]:
        values = (lsn, origin, datetime.now(UTC), delivery.load_id, delivery.file)
        with psycopg.RawCursor(ledger.connection) as cursor:
            for name in incomplete:
                counts[name] = cursor.execute(
                    statement(VANISHED, name), values
                ).rowcount
        return counts

    incomplete = [name for name in names if _has_vanished(ledger.connection, name, lsn)]
    if incomplete:
        ledger.appender.commit(write)
    return {name: count for name, count in counts.items() if count}


def _has_vanished(connection: Connection, name: str, lsn: int) -> bool:
    """Whether rows of a table that was in the snapshot were not."""
    standing = standing_rows(connection, name).values()
    if all(row.effective_lsn >= lsn for row in standing):
        return False
    table = sql.Identifier(SCHEMA, name)
    was_read = sql.SQL(WAS_READ).format(table=table, lsn=lsn, name=name)
    return bool(scalar(connection, was_read))


def statement(text: str, name: str) -> bytes:
    """A statement on the changes of a config table, with their places."""
    for stand_in, subquery in STAND_INS.items():
        text = text.replace(stand_in, subquery)
    quoted = sql.Identifier(SCHEMA, name).as_string(None)
    return text.replace("bronze_config.changes", quoted).encode()
