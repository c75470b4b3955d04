"""WAL that the stream's slot retains while candles are loaded and config is idle."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from threading import Event
from typing import LiteralString

from pipelines import warehouse
from pipelines.local.debezium_properties import HEARTBEAT_S, SLOT
from pipelines.settings import export
from pipelines.sources.archive.file_types import Feed
from pipelines.sources.archive.files import ArchiveFile
from tests.bench import archive, archive_files, child, copying
from tests.bench.change_stream import streaming
from tests.bench.options import Options
from tests.bench.say import say
from tests.bench.server import Server
from tests.bench.tables import Cell, Table

SAMPLE_S = 0.5
PARTS = 5
SETTLE_S = 120.0
TABLE: Feed = "klines"
NOTE = (
    "One archive load as `bullion load archive` does it, then COPYs of its rows, a"
    " transaction each, into a table of its own each time; no row of config"
    f" changes, Debezium Server's heartbeat comes every {HEARTBEAT_S} s. *Retained*:"
    " from the slot's `restart_lsn` to the end of the WAL, twice a second; *not"
    " confirmed*: from its `confirmed_flush_lsn`. The slot keeps at least the WAL of"
    " the transaction that runs."
)
SAMPLE: LiteralString = """
select
    pg_current_wal_lsn() - '0/0'::pg_lsn,
    pg_current_wal_lsn() - s.restart_lsn,
    pg_current_wal_lsn() - s.confirmed_flush_lsn,
    s.wal_status,
    (select sum(w.size) from pg_ls_waldir() as w),
    coalesce(t.spill_bytes, 0)
from pg_replication_slots as s
left join pg_stat_replication_slots as t on s.slot_name = t.slot_name
where s.slot_name = %s
"""


@dataclass(frozen=True)
class Sample:
    """One look at the slot; bytes."""

    lsn: float
    retained: float | None  # none: the slot is lost
    unconfirmed: float
    wal_status: str
    held: float
    spilled: float


def tables(server: Server, options: Options, folder: Path) -> Iterator[Table]:
    """What was retained in each part of the run."""
    place = folder / "retained_archive"
    file = archive_files.made(place, TABLE, 5, range(options.archive_rows))
    with (
        server.database("bench_retained"),
        archive_files.served(place) as url,
        streaming(folder),
        warehouse.connect(None, "bench sampler") as connection,
    ):
        export({"BULLION_ARCHIVE_URL": url})
        first = _sample(connection)
        stop = Event()
        with ThreadPoolExecutor(1) as pool:
            loading = pool.submit(_load, file, options, folder / "retained.csv", stop)
            try:
                samples = _watched(connection, loading)
            finally:
                stop.set()
        loads = loading.result()
        caught_up_s = _caught_up_s(connection, min(SETTLE_S, 60 * options.wal_gb))
    yield table([first, *samples], loads, caught_up_s)


def _load(
    file: ArchiveFile, options: Options, path: Path, stop: Event
) -> tuple[int, int]:
    """Load until so much WAL was written; how often, and how many rows each.

    Nobody looks any more when `stop` is set: it ends after the load under way.
    """
    with warehouse.connect(None, "bench loader") as connection:
        begin = _lsn(connection)
        archive.load([file], 1)
        rows = copying.export(connection, archive.SCHEMA, TABLE, path)
        loads = 1
        wanted = options.wal_gb * 1e9
        while not stop.is_set() and _lsn(connection) - begin < wanted:
            copying.copy_s(connection, archive.SCHEMA, TABLE, path, is_even=False)
            loads += 1
            written = (_lsn(connection) - begin) / 1e9
            say(f"retained: {written:.2f} GB of WAL in {loads} loads")
    path.unlink()
    return loads, rows


def _lsn(connection: warehouse.Connection) -> float:
    row = connection.execute(
        "select pg_current_wal_insert_lsn() - '0/0'::pg_lsn"
    ).fetchone()
    return float(row[0]) if row else 0


def _sample(connection: warehouse.Connection) -> Sample:
    row = connection.execute(SAMPLE, (SLOT,)).fetchone()
    if row is None:
        raise child.ChildError(f"there is no slot {SLOT}")
    lsn, retained, unconfirmed, wal_status, held, spilled = row
    return Sample(
        float(lsn),
        None if retained is None else float(retained),
        float(unconfirmed or 0),
        wal_status,
        float(held),
        float(spilled),
    )


def _watched(
    connection: warehouse.Connection, loading: Future[tuple[int, int]]
) -> list[Sample]:
    found = []
    while not loading.done():
        found.append(_sample(connection))
        time.sleep(SAMPLE_S)
    return found


def _caught_up_s(connection: warehouse.Connection, wait_s: float) -> float | None:
    """Seconds until the slot has passed the place where the loads ended."""
    end, began = _lsn(connection), time.monotonic()
    while time.monotonic() - began < wait_s:
        now = _sample(connection)
        if now.retained is not None and now.lsn - now.retained >= end:
            return time.monotonic() - began
        time.sleep(0.1)
    return None


def table(
    samples: list[Sample], loads: tuple[int, int], caught_up_s: float | None
) -> Table:
    """What was retained in each part of what was written."""
    first, last = samples[0].lsn, samples[-1].lsn
    rows: list[tuple[Cell, ...]] = []
    for part in range(PARTS):
        low = first + (last - first) * part / PARTS
        high = first + (last - first) * (part + 1) / PARTS
        inside = [s for s in samples if low < s.lsn <= high]
        if inside:
            rows.append(_row((high - first) / 1e9, inside))
    written = (last - first) / 1e9
    ended = "not waited for" if caught_up_s is None else f"{caught_up_s:.1f} s"
    seen = ", ".join(sorted({s.wal_status for s in samples}))
    spilled = (samples[-1].spilled - samples[0].spilled) / 1e6
    note = (
        f"{loads[0]} loads of {loads[1]:,} candles. The slot's `wal_status` was {seen};"
        f" its decoder put {spilled:,.0f} MB of large transactions on disk on the way."
        f" From the end of the last load until `restart_lsn` had passed it: {ended}."
    )
    return Table(
        f"WAL retained by the idle stream over {written:.1f} GB of bulk loads",
        (
            *("GB written", "samples", "retained MB, median", "most"),
            *("not confirmed MB, most", "pg_wal MB, most"),
        ),
        rows,
        (NOTE, note),
    )


def _row(written: float, found: list[Sample]) -> tuple[Cell, ...]:
    kept = [s.retained / 1e6 for s in found if s.retained is not None]
    return (
        f"{written:.2f}",
        len(found),
        median(kept) if kept else None,
        max(kept) if kept else None,
        max(s.unconfirmed for s in found) / 1e6,
        max(s.held for s in found) / 1e6,
    )
