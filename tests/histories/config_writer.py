"""A writer of `config.things` that keeps a journal of what was committed.

A transaction's entry in the journal is a row of the same transaction, so that it says
what was committed whatever happened to the answer of a commit.
"""

import json
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import psycopg

JOURNAL = """
create table if not exists public.journal (
    number bigint primary key,
    transaction_id bigint not null default pg_current_xact_id()::text::bigint,
    changes jsonb not null
)
"""
NOTE = "insert into public.journal (number, changes) values (%s, %s)"
COPY = "copy config.things (id, name) from stdin"
PAUSE_S = 0.02
COPIED = 400
Change = tuple[int, str, str]  # transaction, op, key


class Writer:
    """One client: transactions of one row, of several, and COPY, over and over."""

    def __init__(self, dsn: dict, seed: int = 5) -> None:
        self.acknowledged: list[int] = []
        self.stop = threading.Event()
        self._dsn = dsn
        self._random = random.Random(seed)
        self._numbers = count(1)
        self._ids = count(1)
        self._held: set[int] = set()

    def run(self) -> None:
        """Write until `stop`; a connection that breaks is made again."""
        while not self.stop.is_set():
            try:
                with psycopg.connect(**self._dsn, connect_timeout=5) as connection:
                    connection.execute(JOURNAL)
                    connection.commit()
                    self._held = {
                        key
                        for (key,) in connection.execute("select id from config.things")
                    }
                    connection.rollback()
                    while not self.stop.is_set():
                        self._write(connection)
                        self.stop.wait(PAUSE_S)
            except psycopg.OperationalError:
                self.stop.wait(0.1)

    def _write(self, connection: psycopg.Connection) -> None:
        number, changes = next(self._numbers), []
        with connection.transaction(), connection.cursor() as cursor:
            if number % 25 == 0:
                changes += self._copied(cursor)
            else:
                for _ in range(self._random.choice((1, 1, 1, 2, 8))):
                    changes += self._changed(cursor)
            cursor.execute(NOTE, (number, json.dumps(changes)))
        self.acknowledged.append(number)

    def _changed(self, cursor: psycopg.Cursor) -> list[tuple[str, str]]:
        kind = self._random.choice("iiuudk") if self._held else "i"
        key = self._random.choice(sorted(self._held)) if kind != "i" else 0
        fresh = next(self._ids)
        if kind == "i":
            cursor.execute("insert into config.things values (%s, 'new', 1)", (fresh,))
            self._held.add(fresh)
            return [("c", f"[{fresh}]")]
        if kind == "u":
            told = "update config.things set name = %s where id = %s"
            cursor.execute(told, (f"changed {fresh}", key))
            return [("u", f"[{key}]")]
        self._held.discard(key)
        if kind == "d":
            cursor.execute("delete from config.things where id = %s", (key,))
            return [("d", f"[{key}]")]
        told = "update config.things set id = %s where id = %s"
        cursor.execute(told, (fresh, key))
        self._held.add(fresh)
        return [("d", f"[{key}]"), ("c", f"[{fresh}]")]

    def _copied(self, cursor: psycopg.Cursor) -> list[tuple[str, str]]:
        keys = [next(self._ids) for _ in range(COPIED)]
        with cursor.copy(COPY) as copy:
            for key in keys:
                copy.write_row((key, "copied"))
        self._held |= set(keys)
        return [("c", f"[{key}]") for key in keys]


@contextmanager
def writing(dsn: dict) -> Iterator[Writer]:
    """A writer at work for as long as the block."""
    writer = Writer(dsn)
    thread = threading.Thread(target=writer.run)
    thread.start()
    try:
        yield writer
    finally:
        writer.stop.set()
        thread.join()


def committed(connection: psycopg.Connection) -> Counter[Change]:
    """Every change that was committed, by the journal."""
    found = connection.execute("select transaction_id, changes from public.journal")
    return Counter((number, op, key) for number, told in found for op, key in told)


# what a snapshot read or implies is no change that somebody committed
IN_BRONZE = """
select transaction_id, op, row_key from bronze_config.things
where op <> 'r' and not is_inferred
"""
IN_EFFECTS = """
select transaction_id, op, row_key from ops.config_effects
where table_name = 'things' and not is_inferred and login is not null
"""

IN_SILVER = """
select transaction_id, op, row_key from silver.stg_config__things
where op <> 'r' and not is_inferred
"""


def held(connection: psycopg.Connection, query: str) -> Counter[Change]:
    """Every change that `query` (`IN_BRONZE`, `IN_SILVER`, `IN_EFFECTS`) finds."""
    return Counter(connection.execute(query).fetchall())
