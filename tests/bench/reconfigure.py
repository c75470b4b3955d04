"""A new instrument: from the commit of its row to its first candle in bronze."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from pipelines import warehouse
from pipelines.sandbox.running import running
from pipelines.settings import export
from tests.bench.adding import (
    VENUES,
    Added,
    added,
    series_to_add,
    wait_until_collected,
)
from tests.bench.change_stream import bullion, streaming
from tests.bench.machine import peak_mb
from tests.bench.neighbours import Taken, taken
from tests.bench.options import Options
from tests.bench.quantiles import percentile
from tests.bench.server import Server
from tests.bench.tables import Cell, Table

BUDGET_MS = 5000
NOTE = (
    "`insert into config.instruments (exchange_id, symbol)` as operator, one after the"
    " other, each when the one before it has its first row and after a pause, beside"
    " the seeds' instruments, which are being collected; the sandbox keeps the venues'"
    " rate limits. From `ops.config_effects`, since the commit: *captured* by Debezium,"
    " *consumed* into bronze, *applied* by `bullion collect`, *first row*. *Seen*: when"
    " a reader that looks fifty times a second finds a candle of the instrument, since"
    " its commit was answered."
)


def tables(server: Server, options: Options, folder: Path) -> Iterator[Table]:
    """What each step of the way took, by venue; memory."""
    with (
        server.database("bench_reconfigure"),
        running() as sandbox,
        streaming(folder) as stream,
        warehouse.connect("operator", "bench operator") as writer,
        warehouse.connect(None, "bench reader") as reader,
    ):
        export(sandbox.environment)
        bullion("config", "import")
        with (
            stream.process("config", "follow") as follower,
            stream.process("collect") as collector,
        ):
            wait_until_collected(reader)
            services = (stream.kafka.pid, stream.debezium.pid, sandbox.pid)
            own = (server.pid, follower.pid, collector.pid, *services)
            with taken(*(pid for pid in own if pid)) as others:
                found = [
                    added(writer, reader, *series)
                    for series in islice(series_to_add(reader), options.added)
                ]
            peaks = {
                **stream.peaks_mb(),
                "bullion config follow": peak_mb(follower.pid),
                "bullion collect": peak_mb(collector.pid),
            }
    yield _table(found, others)
    yield Table("Memory", ("process", "peak MB"), list(peaks.items()))


def _table(found: Sequence[Added], others: Taken) -> Table:
    by_venue = {
        name: [one for one in found if one.exchange_id == name] for name in VENUES
    }
    lines = [(name, those) for name, those in by_venue.items() if those]
    return Table(
        "From the commit of a new instrument to its first candle in bronze",
        (
            *("venue", "added", "captured p50 ms", "consumed p50", "applied p50"),
            *("p95", "first row p50", "p95", "most", "seen p50", "p95"),
            f"p95 < {BUDGET_MS / 1000:.0f} s",
        ),
        [_row(name, those) for name, those in [*lines, ("all", list(found))]],
        (NOTE, _beside(others)),
    )


def _beside(others: Taken) -> str:
    cores = "unknown" if others.cores is None else f"{others.cores:.2f}"
    return f"Cores that other processes took meanwhile: {cores}."


def _row(name: str, found: Sequence[Added]) -> tuple[Cell, ...]:
    first = [one.first_row_ms for one in found]
    applied = [one.applied_ms for one in found]
    seen = [one.seen_ms for one in found]
    return (
        name,
        len(found),
        percentile([one.captured_ms for one in found], 50),
        percentile([one.consumed_ms for one in found], 50),
        *(percentile(applied, rank) for rank in (50, 95)),
        *(percentile(first, rank) for rank in (50, 95)),
        max(first),
        *(percentile(seen, rank) for rank in (50, 95)),
        "yes" if percentile(first, 95) < BUDGET_MS else "no",
    )
