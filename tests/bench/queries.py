"""What an analyst waits for: every file of `sql/queries`, as `analyst`."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Asked:
    """One query: how long each run took, in ms, and how many rows it gave."""

    name: str
    rows: int
    ms: list[float]

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
    with warehouse.connect("analyst", "bench") as connection:
        found = [
            _asked(connection, path, options.queries_repeats)
            for path in sorted(FOLDER.glob("*.sql"))
        ]
    yield Table(
        f"Analyst queries on {candles:,} 1m candles".replace(",", " "),
        ("query", "runs", "rows", "p50 ms", "p95 ms", f"p95 < {BUDGET_MS} ms"),
        [
            (
                asked.name,
                len(asked.ms),
                asked.rows,
                asked.percentile(50),
                asked.percentile(95),
                "yes" if asked.percentile(95) < BUDGET_MS else "no",
            )
            for asked in found
        ],
        ("After one run that is not counted, and a `vacuum (analyze)` of gold.",),
    )


def _asked(connection: warehouse.Connection, path: Path, repeats: int) -> Asked:
    """Timed from the sending of the text to the last row."""
    text = path.read_bytes()
    connection.execute(text).fetchall()
    ms: list[float] = []
    rows = 0
    began = time.perf_counter()
    while len(ms) < repeats and (
        len(ms) < FEWEST or time.perf_counter() - began < PATIENCE_S
    ):
        sent = time.perf_counter()
        rows = len(connection.execute(text).fetchall())
        ms.append((time.perf_counter() - sent) * 1000)
    asked = Asked(path.stem, rows, ms)
    say(f"query {asked.name}: p50 {asked.percentile(50):,.1f} ms")
    return asked
