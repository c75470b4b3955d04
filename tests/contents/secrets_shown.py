"""Where a secret shows that should show nowhere: files, processes, tables."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import psycopg
from psycopg import sql

TABLES = """
select n.nspname, c.relname
from pg_class as c
inner join pg_namespace as n on c.relnamespace = n.oid
where
    c.relkind in ('r', 'p', 'v')
    and n.nspname in ('config', 'cdc', 'ops', 'bronze_config')
order by 1, 2
"""
HOLDS = "select count(*) from {table} as t where position(%s in t::text) > 0"


def in_files(secrets: Sequence[str], folders: Iterable[Path]) -> Iterator[str]:
    """Files below `folders` that hold one, whatever their bytes mean.

    One may go meanwhile: Kafka deletes a topic's files a minute after the topic.
    """
    for folder in folders:
        below = (Path(at, name) for at, _, names in os.walk(folder) for name in names)
        for path in filter(Path.is_file, (folder, *below)):
            with suppress(FileNotFoundError):
                held = path.read_bytes()
                if any(secret.encode() in held for secret in secrets):
                    yield str(path)


def in_processes(secrets: Sequence[str]) -> Iterator[str]:
    """Arguments of running processes that hold one, where the system lists them."""
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            told = place.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if any(secret in told for secret in secrets):
            yield told


def in_tables(secrets: Sequence[str], connection: psycopg.Connection) -> Iterator[str]:
    """Tables of the configuration and of its history that hold one."""
    for name in connection.execute(TABLES).fetchall():
        statement = sql.SQL(HOLDS).format(table=sql.Identifier(*name))
        for secret in secrets:
            row = connection.execute(statement, (secret,)).fetchone()
            if row and row[0]:
                yield ".".join(name)
