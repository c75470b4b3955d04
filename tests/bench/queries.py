"""What an analyst waits for: every file of `sql/queries`, as `analyst`.

One analyst alone, and four who ask the same at once.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from pipelines import warehouse
from pipelines.settings import PROJECT_DIR
from tests.bench.options import Options
from tests.bench.quantiles import percentile
from tests.bench.say import say
from tests.bench.tables import Table

FOLDER = PROJECT_DIR / "sql" / "queries"
BUDGET_MS = 100
PATIENCE_S = 30.0  # a query that is slow is run fewer times, at least three
FEWEST = 3
AT_ONCE = 4


@dataclass(frozen=True)
class Asked:
    """One query: how long each run took, in ms, and how many rows it gave.

    `of_four_ms`: of the runs of four who asked at once.
    """

    name: str
    rows: int
    ms: list[float]
    of_four_ms: list[float] = field(default_factory=list)

    def percentile(self, percent: int) -> float:
        """The nearest rank."""
        return percentile(self.ms, percent)


def tables(options: Options, candles: int) -> Iterator[Table]:
    """p50 and p95 of every query."""
    with warehouse.connect("transformer", "bench") as connection:
        relations = connection.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables"
            " where schemaname = 'gold'"
        ).fetchall()
        for (relation,) in relations:
            connection.execute(f"vacuum (analyze) {relation}".encode())
    connections = [warehouse.connect("analyst", "bench") for _ in range(AT_ONCE)]
    try:
        found = [
            _asked(connections, path, options.queries_repeats)
            for path in sorted(FOLDER.glob("*.sql"))
        ]
    finally:
        for connection in connections:
            connection.close()
    yield Table(
        f"Analyst queries on {candles:,} 1m candles".replace(",", " "),
        (
            *("query", "runs", "rows", "p50 ms", "p95 ms", f"p95 < {BUDGET_MS} ms"),
            *("p50 ms, four at once", "p95 ms, four at once"),
        ),
        [
            (
                asked.name,
                len(asked.ms),
                asked.rows,
                asked.percentile(50),
                asked.percentile(95),
                "yes" if asked.percentile(95) < BUDGET_MS else "no",
                percentile(asked.of_four_ms, 50),
                percentile(asked.of_four_ms, 95),
            )
            for asked in found
        ],
        ("After one run that is not counted, and a `vacuum (analyze)` of gold.",),
    )


def _asked(connections: list[warehouse.Connection], path: Path, repeats: int) -> Asked:
    """By the first of the connections alone, then by all of them at once."""
    text = path.read_bytes()
    for connection in connections:
        connection.execute(text).fetchall()
    rows, ms = _timed(connections[0], text, repeats)
    with ThreadPoolExecutor(len(connections)) as pool:
        runs = [pool.submit(_timed, c, text, repeats) for c in connections]
        of_four_ms = [one for run in runs for one in run.result()[1]]
    asked = Asked(path.stem, rows, ms, of_four_ms)
    say(f"query {asked.name}: p50 {asked.percentile(50):,.1f} ms")
    return asked


def _timed(
    connection: warehouse.Connection, text: bytes, repeats: int
) -> tuple[int, list[float]]:
    """The rows, and each run's ms from the sending of the text to the last row."""
    ms: list[float] = []
    rows = 0
    began = time.perf_counter()
    while len(ms) < repeats and (
        len(ms) < FEWEST or time.perf_counter() - began < PATIENCE_S
    ):
        sent = time.perf_counter()
        rows = len(connection.execute(text).fetchall())
        ms.append((time.perf_counter() - sent) * 1000)
    return rows, ms
