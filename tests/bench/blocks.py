"""Prepared blocks of a node to bronze, beside ethereum-etl's way to CSV files."""

import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from pipelines import warehouse
from pipelines.local.service import UnavailableError
from pipelines.sources.evm_node.fetch_processes import MANY
from tests.bench import child, copying, ethereum_etl, node_bodies
from tests.bench.neighbours import middle, taken
from tests.bench.options import Options
from tests.bench.say import say
from tests.bench.server import Server
from tests.bench.tables import Cell, Table

SCHEMA = "bronze_evm"
ETL = f"ethereum-etl {ethereum_etl.VERSION}, CSV files"
PLAIN, PROVED = "bronze, without proofs", "bronze, all proofs"
NOTE = (
    "The ways take turns; a run is processes of their own from their start to their"
    f" end, once with all the blocks and once with the first {MANY:,} (a third of them,"
    " if they are fewer). *Seconds beyond them* is the median of the differences, and"
    " what the speeds are of; *start-up* is what is left of the first ones' seconds at"
    " that speed. *CPU* is that of the processes, without Postgres and the node."
    " Bronze has blocks, transactions with receipts, logs and proofs, committed."
)
HEADING = (
    *("to", "runs", "transactions", "start-up, s", "seconds beyond them"),
    *("transactions/s", "CPU µs a transaction", "others' cores"),
)
# pages that hold rows: others are there for those to come
SIZE = """
select
    count(*),
    (max((l.ctid::text::point)[0]) + 1) * 8192 / count(*),
    pg_indexes_size('bronze_evm.{table}') / count(*)
from bronze_evm.{table} as l
"""
Way = Callable[[str, int, Path], object]
Found = dict[str, list["Timed"]]


@dataclass(frozen=True)
class Timed:
    """A run of all blocks, and one of the first."""

    seconds: float
    first_s: float
    cpu_s: float
    others: float | None

    @property
    def beyond_s(self) -> float:
        """What the blocks took after the first ones."""
        return self.seconds - self.first_s


def tables(server: Server, options: Options, folder: Path) -> Iterator[Table]:
    """What each way took, and what bronze takes on disk."""
    ways: dict[str, Way] = {
        PLAIN: partial(bronze, is_proved=False),
        PROVED: partial(bronze, is_proved=True),
    }
    reason = None
    try:
        ways = {ETL: partial(ethereum_etl.export, ethereum_etl.installed()), **ways}
    except UnavailableError as error:
        reason = str(error)
    count = options.loaded_blocks
    with server.database("bench_blocks"), node_bodies.served(count) as (url, pid):
        asked = (url, count, folder)
        runs = taking_turns(ways, asked, (server.pid, pid), options.repeats)
        yield speeds(runs, count, reason)
        yield _sizes()


def taking_turns(
    ways: dict[str, Way],
    asked: tuple[str, int, Path],
    trees: tuple[int, ...],
    repeats: int,
) -> Found:
    """The runs of each way to read a node's first blocks, after one that warms up."""
    url, count, folder = asked
    found: Found = {name: [] for name in ways}
    for number in range(repeats + 1):  # the first is not counted
        for name, way in ways.items():
            with taken(*trees) as others:
                first_s, first_cpu_s = _timed(way, url, first(count), folder)
                all_s, cpu_s = _timed(way, url, count, folder)
            run = Timed(all_s, first_s, cpu_s - first_cpu_s, others.cores)
            if number:
                found[name].append(run)
                say(f"blocks {number}: {name}: {run.beyond_s:.1f} s")
    return found


def first(count: int) -> int:
    """How many of the blocks are loaded to tell start-up apart."""
    return max(1, min(MANY, count // 3))


def _timed(way: Way, url: str, count: int, folder: Path) -> tuple[float, float]:
    """Seconds that passed, and those of the CPU."""
    with warehouse.connect(None, "bench") as connection:
        copying.empty(connection, SCHEMA)
        copying.even(connection)
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    way(url, count, folder)
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, cpu_s


def bronze(
    url: str, blocks: int, _: Path, *, is_proved: bool, chain: str = "ethereum"
) -> object:
    """Load the first blocks of a node, in a process of its own."""
    asked = {"url": url, "blocks": blocks, "is_proved": is_proved, "chain": chain}
    return child.run("tests.bench.blocks_child", asked)


def speeds(found: Found, blocks: int, reason: str | None) -> Table:
    """The table of runs; the reason why ethereum-etl is not among them."""
    rows = lines(found, blocks, len(node_bodies.KINDS), ETL)
    if reason:
        rows.insert(0, (f"{ETL}: not measured", 0, 0, *[None] * 6))
    return Table(
        "Prepared blocks of 150 transactions to where they are kept, medians",
        (*HEADING[:6], "times ethereum-etl", *HEADING[6:]),
        rows,
        (NOTE, *([f"{ETL}: {reason}"] if reason else [])),
    )


def lines(found: Found, blocks: int, each: int, beside: str) -> list[tuple[Cell, ...]]:
    """A row of figures for each way, with its speed as a multiple of one's."""
    transactions = (blocks - first(blocks)) * each
    more = first(blocks) / (blocks - first(blocks))
    medians = {name: median(r.beyond_s for r in runs) for name, runs in found.items()}
    return [
        (
            name,
            len(runs),
            transactions,
            median(run.first_s - run.beyond_s * more for run in runs),
            medians[name],
            transactions / medians[name],
            medians[beside] / medians[name] if beside in medians else None,
            median(run.cpu_s for run in runs) / transactions * 10**6,
            middle(run.others for run in runs),
        )
        for name, runs in found.items()
    ]


def _sizes() -> Table:
    names = ("blocks", "transactions", "logs", "proofs")
    with warehouse.connect(None, "bench") as connection:
        sizes = {
            name: connection.execute(SIZE.format(table=name).encode()).fetchone()
            for name in names
        }
    return Table(
        "Bronze on disk, bytes a row",
        ("table", "rows", "heap", "indexes", "both"),
        [
            (name, int(rows), float(heap), float(indexes), float(heap + indexes))
            for name, size in sizes.items()
            if size
            for rows, heap, indexes in [size]
        ],
    )
