"""From a commit to its row in bronze, change by change."""

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from pipelines import warehouse
from tests.bench.child import ChildError
from tests.bench.neighbours import Taken
from tests.bench.quantiles import percentile
from tests.bench.tables import Cell

# a change that comes alone: the chain is at rest again, at no fixed phase of its pauses
PAUSE_S = (0.05, 0.25)
PATIENCE_S = 120.0
HEADING = (
    *("while", "changes", "p50 ms", "p95 ms", "most"),
    *("to Debezium p50", "p95", "to the consumer p50", "p95", "to bronze p50", "p95"),
    "others' cores",
)
LATENCIES_NOTE = (
    "Single-row updates, each after the row of the one before it stands in bronze and a"
    " pause of 50 to 250 ms, from Postgres' own time of the commit to the moment at"
    " which a session that listens has been told of the batch and reads the row."
    " *To Debezium*: until it has made an event of it; *to the consumer*: until"
    " `bullion config follow` has begun to write the batch; *to bronze*: until the row"
    " is read. *Others' cores*: what processes took that are no part of this."
)
CHANGE: LiteralString = """
update config.{table} set rate = %s, at = clock_timestamp() where id = %s
returning pg_current_xact_id()::text::bigint
"""
SEEN: LiteralString = """
select c.committed_at_us, c.captured_at_us, extract(epoch from c.received_at) * 1e6
from bronze_config.{table} as c
where c.transaction_id = %s and c.lsn >= %s
"""
LSN: LiteralString = "select pg_current_wal_insert_lsn() - '0/0'::pg_lsn"


@dataclass(frozen=True)
class Seen:
    """One change: when it was committed, in epoch seconds, and the ms after it."""

    committed_at: float
    captured_ms: float
    received_ms: float
    seen_ms: float


class Prober:
    """Changes rows of a published table, and waits until bronze has each."""

    def __init__(self, table: str) -> None:
        name = sql.Identifier(table)
        self._change = sql.SQL(CHANGE).format(table=name)
        self._seen = sql.SQL(SEEN).format(table=name)
        self._number = 0
        self._writer = warehouse.connect("operator", "bench writer")
        self._reader = warehouse.connect("loader", "bench reader")
        self._reader.execute("listen bullion_config")

    def close(self) -> None:
        """Give the connections back."""
        self._writer.close()
        self._reader.close()

    def change(self) -> Seen:
        """Commit one change, and wait for its row.

        Raises:
            ChildError: it did not come.
        """
        self._number += 1
        (begins,) = _one(self._reader.execute(LSN))
        told = (self._number, self._number % 100)
        (transaction_id,) = _one(self._writer.execute(self._change, told))
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            row = self._reader.execute(self._seen, (transaction_id, begins)).fetchone()
            if row:
                now_us = time.time() * 1e6
                committed, captured, received = map(float, row)
                return Seen(
                    committed / 1e6,
                    *((at - committed) / 1e3 for at in (captured, received, now_us)),
                )
            for _ in self._reader.notifies(timeout=1, stop_after=1):
                pass
        raise ChildError(f"transaction {transaction_id} did not come to bronze")

    def until(self, is_done: Callable[[list[Seen]], bool]) -> list[Seen]:
        """Changes, one at a time, until it is enough."""
        found: list[Seen] = []
        while not is_done(found):
            time.sleep(random.uniform(*PAUSE_S))
            found.append(self.change())
        return found


@contextmanager
def probing(table: str) -> Iterator[Prober]:
    """A prober of `table`, whose rows are made and stand in bronze."""
    with warehouse.connect(None, "bench") as connection:
        rows = "insert into config.{} (id, name) select n, 'row ' || n"
        rows += " from generate_series(0, 99) as s (n)"
        connection.execute(sql.SQL(rows).format(sql.Identifier(table)))
        wait_until_held(connection, table, 100)
    prober = Prober(table)
    try:
        prober.until(lambda found: len(found) == 10)  # which are not counted
        yield prober
    finally:
        prober.close()


def _one(cursor: psycopg.Cursor[tuple[Any, ...]]) -> tuple[Any, ...]:
    row = cursor.fetchone()
    if row is None:
        raise ChildError("a row was changed that is not there")
    return row


def wait_until_held(
    connection: warehouse.Connection, table: str, count: int, wait_s: float = PATIENCE_S
) -> None:
    """Wait until bronze holds so many changes of a table.

    Raises:
        ChildError: they did not come.
    """
    held = sql.SQL("select count(*) from bronze_config.{}").format(
        sql.Identifier(table)
    )
    there = "select to_regclass(%s) is not null"
    deadline = time.monotonic() + wait_s
    while True:
        found = connection.execute(there, (f"bronze_config.{table}",)).fetchone()
        if found and found[0]:
            row = connection.execute(held).fetchone()
            if row and row[0] >= count:
                return
        if time.monotonic() > deadline:
            raise ChildError(f"bronze_config.{table} did not come to {count} rows")
        time.sleep(0.05)


def during(
    prober: Prober, work: Callable[[], tuple[float, float]], fewest: int, most: int
) -> tuple[list[Seen], int]:
    """Changes committed while `work` ran, which is repeated until they are enough.

    `work` returns when it began and ended, in epoch seconds. How often it ran.
    """
    found: list[Seen] = []
    times = 0
    while len(found) < fewest and times < most:
        times += 1
        with ThreadPoolExecutor(1) as pool:
            running: Future[tuple[float, float]] = pool.submit(work)
            seen = prober.until(partial(_has_ended, running))
        began, ended = running.result()
        found += [one for one in seen if began <= one.committed_at < ended]
    return found, times


def _has_ended(running: Future[tuple[float, float]], _: list[Seen]) -> bool:
    return running.done()


def row(name: str, found: list[Seen], others: Taken) -> tuple[Cell, ...]:
    """A line of the table of latencies."""
    seen = [one.seen_ms for one in found]
    steps = (
        [one.captured_ms for one in found],
        [one.received_ms - one.captured_ms for one in found],
        [one.seen_ms - one.received_ms for one in found],
    )
    parts = [percentile(step, rank) for step in steps for rank in (50, 95)]
    quantiles = (percentile(seen, 50), percentile(seen, 95), max(seen))
    return (name, len(found), *quantiles, *parts, others.cores)
