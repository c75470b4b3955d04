"""A bare COPY of rows that a load brought: what every load is compared with."""

import time
from pathlib import Path

from psycopg import sql

from pipelines import warehouse

CHUNK = 1 << 20
TWIN = "bench_copy"


def empty(connection: warehouse.Connection, schema: str) -> None:
    """Truncate every bronze table of `schema`, and drop the twin."""
    twin = sql.Identifier(schema, TWIN)
    connection.execute(sql.SQL("drop table if exists {}").format(twin))
    there = connection.execute(
        "select tablename from pg_tables"
        " where schemaname = %s and tablename not like '\\_dlt%%'",
        (schema,),
    ).fetchall()
    for (name,) in there:
        connection.execute(sql.SQL("truncate {}").format(sql.Identifier(schema, name)))


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


def copy_s(
    connection: warehouse.Connection, schema: str, table: str, path: Path
) -> float:
    """Seconds of one COPY in one transaction into an equal table with equal indexes."""
    twin = sql.Identifier(schema, TWIN)
    connection.execute(
        sql.SQL("create table {} (like {} including all)").format(
            twin, sql.Identifier(schema, table)
        )
    )
    wanted = sql.SQL("copy {} from stdin with (format csv)").format(twin)
    began = time.perf_counter()
    with (
        path.open("rb") as file,
        connection.cursor() as cursor,
        cursor.copy(wanted) as copy,
    ):
        while block := file.read(CHUNK):
            copy.write(block)
    return time.perf_counter() - began
