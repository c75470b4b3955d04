"""REST candles to bronze, beside a bare COPY of the same rows."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from psycopg import sql

from pipelines import warehouse
from pipelines.sandbox.listings import generated_pairs
from pipelines.sandbox.running import running
from pipelines.settings import export
from tests.bench import child
from tests.bench.options import Options
from tests.bench.say import say
from tests.bench.server import Server
from tests.bench.tables import Table

# One page is 1,000 candles on Binance and 300 on Coinbase; Kraken's window of 720
# candles is too small a load to measure.
VENUES = ("binance", "coinbase")
UNTIL_DAY = 15  # of March 2024; every pair is listed by then
NOW = f"2024-03-{UNTIL_DAY}T00:00:30Z"
UNTIL = f"2024-03-{UNTIL_DAY}T00:00:00Z"
SYMBOLS = 12
CHUNK = 1 << 20
LOADED = ("ohlcv", "ohlcv_pages", "requests")


@dataclass(frozen=True)
class Timed:
    """A load and the COPY of what it brought."""

    rows: int
    load_s: float
    phases: dict[str, float]
    copy_s: float
    peak_mb: float
    requests: int


def symbols(exchange_id: str) -> list[str]:
    """What the sandbox lists there, the busiest first."""
    pairs = generated_pairs()[exchange_id]
    return [pair.instrument.symbol for pair in pairs][:SYMBOLS]


def tables(server: Server, options: Options, folder: Path) -> Iterator[Table]:
    """What each venue's loads took."""
    found: dict[str, list[Timed]] = {}
    with (
        server.database("bench_rest"),
        running(now=NOW, frozen=True, rate_limit=False) as sandbox,
        server.watched() as memory,
    ):
        export(sandbox.environment)
        for exchange_id in VENUES:
            found[exchange_id] = _runs(exchange_id, options, folder)
    yield _speeds(found)
    yield _phases(found)
    loads = [run.peak_mb for runs in found.values() for run in runs]
    yield Table(
        "Memory of a load",
        ("process", "peak MB"),
        [
            ("load", max(loads)),
            ("Postgres, its largest process, private", memory.one_mb),
            ("Postgres, all processes at once, private", memory.all_mb),
        ],
    )


def _runs(exchange_id: str, options: Options, folder: Path) -> list[Timed]:
    asked = {
        "exchanges": [exchange_id],
        "symbols": symbols(exchange_id),
        "since": f"2024-03-{UNTIL_DAY - options.rest_days:02d}T00:00:00Z",
        "until": UNTIL,
    }
    runs = []
    for number in range(options.repeats + 1):
        run = _run(asked, folder / f"{exchange_id}.csv")
        kind = f"run {number}" if number else "warming up"
        say(f"rest {exchange_id} {kind}: {run.rows / run.load_s:,.0f} rows/s")
        runs.append(run)
    return runs[1:]


def _run(asked: child.Facts, path: Path) -> Timed:
    """One load into tables that are empty and indexed; then the COPY."""
    with warehouse.connect("loader", "bench") as connection:
        _empty(connection)
        told = child.run("tests.bench.rest_child", asked)
        rows = _export(connection, path)
        if not rows:
            raise child.ChildError(f"the load of {asked} brought no candle")
        return Timed(
            rows,
            told["seconds"],
            told["phases"],
            _copy_s(connection, path),
            told["peak_mb"],
            told["requests"],
        )


def _empty(connection: warehouse.Connection) -> None:
    connection.execute("drop table if exists bronze_exchange.bench_copy")
    there = connection.execute(
        "select tablename from pg_tables where schemaname = 'bronze_exchange'"
    ).fetchall()
    for name in LOADED:
        if (name,) in there:
            connection.execute(
                sql.SQL("truncate {}").format(sql.Identifier("bronze_exchange", name))
            )


def _export(connection: warehouse.Connection, path: Path) -> int:
    """The rows of `ohlcv` into a file; how many."""
    wanted = "copy bronze_exchange.ohlcv to stdout with (format csv)"
    with (
        path.open("wb") as file,
        connection.cursor() as cursor,
        cursor.copy(wanted) as copy,
    ):
        for block in copy:
            file.write(block)
    counted = "select count(*) from bronze_exchange.ohlcv"
    return int((connection.execute(counted).fetchone() or (0,))[0])


def _copy_s(connection: warehouse.Connection, path: Path) -> float:
    """Seconds of one COPY in one transaction into the same table and indexes."""
    connection.execute(
        "create table bronze_exchange.bench_copy"
        " (like bronze_exchange.ohlcv including all)"
    )
    wanted = "copy bronze_exchange.bench_copy from stdin with (format csv)"
    began = time.perf_counter()
    with (
        path.open("rb") as file,
        connection.cursor() as cursor,
        cursor.copy(wanted) as copy,
    ):
        while block := file.read(CHUNK):
            copy.write(block)
    return time.perf_counter() - began


def _speeds(found: dict[str, list[Timed]]) -> Table:
    return Table(
        "REST candles to committed bronze rows, medians",
        (
            *("venue", "runs", "rows", "requests", "seconds"),
            *("rows/s", "slowest", "fastest", "bare COPY rows/s", "times COPY"),
        ),
        [
            (
                exchange_id,
                len(runs),
                runs[0].rows,
                runs[0].requests,
                median(run.load_s for run in runs),
                *_speed([run.rows / run.load_s for run in runs]),
                median(run.rows / run.copy_s for run in runs),
                median(run.load_s / run.copy_s for run in runs),
            )
            for exchange_id, runs in found.items()
        ],
    )


def _speed(speeds: Sequence[float]) -> tuple[float, float, float]:
    return median(speeds), min(speeds), max(speeds)


def _phases(found: dict[str, list[Timed]]) -> Table:
    names = ("extract", "normalize", "load")
    return Table(
        "Seconds of a load by phase, medians",
        ("venue", *names, "locks, indexes, facts"),
        [
            (
                exchange_id,
                *(median(run.phases[name] for run in runs) for name in names),
                median(run.load_s - sum(run.phases.values()) for run in runs),
            )
            for exchange_id, runs in found.items()
        ],
    )
