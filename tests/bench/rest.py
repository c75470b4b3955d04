"""REST candles to bronze, beside a bare COPY of the same rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

from pipelines import warehouse
from pipelines.sandbox.listings import generated_pairs
from pipelines.sandbox.running import running
from pipelines.settings import export
from tests.bench import child, copying
from tests.bench.neighbours import middle, taken
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
SCHEMA, TABLE = "bronze_exchange", "ohlcv"
LOADED = ("ohlcv", "pages", "requests")


@dataclass(frozen=True)
class Timed:
    """A load, and the COPYs of what it brought just before it and just after."""

    rows: int
    load_s: float
    phases: dict[str, float]
    copies_s: copying.Between
    peak_mb: float
    requests: int
    others: float | None

    @property
    def copy_s(self) -> float:
        """What a COPY would have taken at the load's own time."""
        return mean(self.copies_s)


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
            trees = (server.pid, sandbox.pid or server.pid)
            found[exchange_id] = _runs(exchange_id, options, folder, trees)
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


def _runs(
    exchange_id: str, options: Options, folder: Path, trees: tuple[int, ...]
) -> list[Timed]:
    """COPY, load, COPY, load, …, COPY: after one load that is not counted."""
    asked = {
        "exchanges": [exchange_id],
        "symbols": symbols(exchange_id),
        "since": f"2024-03-{UNTIL_DAY - options.rest_days:02d}T00:00:00Z",
        "until": UNTIL,
    }
    path, runs = folder / f"{exchange_id}.csv", []
    with warehouse.connect(None, "bench") as connection:
        copying.empty(connection, SCHEMA, LOADED)
        load(asked)
        rows = copying.export(connection, SCHEMA, TABLE, path)
        if not rows:
            raise child.ChildError(f"the load of {asked} brought no candle")
        copying.settled(connection, SCHEMA)
        before = copying.copy_s(connection, SCHEMA, TABLE, path)
        for number in range(1, options.repeats + 1):
            copying.empty(connection, SCHEMA, LOADED)
            copying.even(connection)
            with taken(*trees) as others:
                told = load(asked)
                after = copying.copy_s(connection, SCHEMA, TABLE, path)
            run = Timed(
                rows,
                told["seconds"],
                told["phases"],
                (before, after),
                told["peak_mb"],
                told["requests"],
                others.cores,
            )
            say(f"rest {exchange_id} {number}: {run.rows / run.load_s:,.0f} rows/s")
            runs.append(run)
            before = after
    path.unlink()
    return runs


def load(asked: child.Facts) -> child.Facts:
    """What a process that loads from the sandbox tells of it."""
    return child.run("tests.bench.rest_child", asked)


def _speeds(found: dict[str, list[Timed]]) -> Table:
    return Table(
        "REST candles to committed bronze rows, medians",
        (
            *("venue", "runs", "rows", "requests", "seconds"),
            *("rows/s", "slowest", "fastest", "bare COPY rows/s", "times COPY"),
            *("COPY's spread", "others' cores"),
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
                copying.spread(run.copies_s for run in runs),
                middle(run.others for run in runs),
            )
            for exchange_id, runs in found.items()
        ],
        (copying.NOTE,),
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
