"""A bare COPY of rows that a load brought: what every load is compared with."""

import os
import time
from collections.abc import Collection, Iterable
from pathlib import Path

from psycopg import sql

from pipelines import warehouse

CHUNK = 1 << 20
TWIN = "bench_copy"
NOTE = (
    "Each load stands between two COPYs, all after a checkpoint; its multiple is of"
    " their mean, and the table has the median of the multiples. *COPY's spread*: the"
    " slowest of the COPYs over the fastest, which tells how even the machine was."
    " *Others' cores*: what processes took meanwhile that are no part of this."
)
Between = tuple[float, float]  # seconds of the COPY before a load, and of the one after


def spread(found: Iterable[Between]) -> float:
    """The slowest COPY over the fastest."""
    seconds = [one for pair in found for one in pair]
    return max(seconds) / min(seconds)


def empty(
    connection: warehouse.Connection, schema: str, only: Collection[str] = ()
) -> None:
    """Truncate the bronze tables of `schema`, or `only` these, and drop the twin."""
    twin = sql.Identifier(schema, TWIN)
    connection.execute(sql.SQL("drop table if exists {}").format(twin))
    for (name,) in _there(connection, schema):
        if not only or name in only:
            named = sql.Identifier(schema, name)
            connection.execute(sql.SQL("truncate {}").format(named))


def export(
    connection: warehouse.Connection, schema: str, table: str, path: Path
) -> int:
    """The rows of a table into a file; how many."""
    name = sql.Identifier(schema, table)
    wanted = sql.SQL("copy {} to stdout with (format csv)").format(name)
    with (
        path.open("wb") as file,
        connection.cursor() as cursor,
        cursor.copy(wanted) as copy,
    ):
        for block in copy:
            file.write(block)
    counted = connection.execute(sql.SQL("select count(*) from {}").format(name))
    return int((counted.fetchone() or (0,))[0])


def settled(connection: warehouse.Connection, schema: str) -> None:
    """Keep autovacuum off the tables of `schema`: it starts a minute after a load."""
    for (name,) in _there(connection, schema):
        named = sql.Identifier(schema, name)
        connection.execute(
            sql.SQL("alter table {} set (autovacuum_enabled = false)").format(named)
        )


def even(connection: warehouse.Connection) -> None:
    """Let what is measured next begin as what was measured before it.

    Without dirty pages of what ran before, and right after a checkpoint: one that
    falls into a run by chance makes it pay for full pages.
    """
    os.sync()
    connection.execute("checkpoint")


def copy_s(
    connection: warehouse.Connection,
    schema: str,
    table: str,
    path: Path,
    *,
    is_even: bool = True,
) -> float:
    """Seconds of one COPY in one transaction into an equal table with equal indexes.

    `is_even`: it begins as every other one, see `even`. The table goes again.
    """
    twin = sql.Identifier(schema, TWIN)
    drop = sql.SQL("drop table if exists {}").format(twin)
    connection.execute(drop)
    connection.execute(
        sql.SQL(
            "create table {} (like {} including all) with (autovacuum_enabled = false)"
        ).format(twin, sql.Identifier(schema, table))
    )
    if is_even:
        even(connection)
    wanted = sql.SQL("copy {} from stdin with (format csv)").format(twin)
    began = time.perf_counter()
    with (
        path.open("rb") as file,
        connection.cursor() as cursor,
        cursor.copy(wanted) as copy,
    ):
        while block := file.read(CHUNK):
            copy.write(block)
    seconds = time.perf_counter() - began
    connection.execute(drop)
    return seconds


def _there(connection: warehouse.Connection, schema: str) -> list[tuple[str]]:
    return connection.execute(
        "select tablename from pg_tables"
        " where schemaname = %s and tablename not like '\\_dlt%%'",
        (schema,),
    ).fetchall()
