"""dbt: candles rebuilt from trades, their proofs, and the trades themselves."""

from collections.abc import Iterator
from pathlib import Path

from tests.bench import child
from tests.bench.options import Options
from tests.bench.say import say
from tests.bench.server import Server
from tests.bench.tables import Table

MODELS = ("int_candles_rebuilt", "fct_candle_proofs", "fct_trades")
NOTE = (
    "Aggregates of ten instruments, a hundred a minute, each of two trades, in bronze"
    " already; full builds, one after the other. *Bare pass*: reading the same rows and"
    " summing their volume by minute, by one query in one process, without sorting them"
    " or telling them apart."
)


def tables(server: Server, options: Options, folder: Path) -> Iterator[Table]:
    """Rows/s of each model that reads trades."""
    asked = {"trades": options.trades, "target": str(folder / "dbt_target")}
    with server.database("bench_proofs"), server.watched() as memory:
        took = child.run("tests.bench.proofs_child", asked)
    rows = took["trades"]
    rate = rows / took["models"]["int_candles_rebuilt"]
    say(f"rebuilt candles from {rows:,} trades: {rate:,.0f} rows/s")
    yield Table(
        f"From {rows:,} trades".replace(",", " "),
        ("model", "rows made", "seconds", "trades/s", "times the bare pass"),
        [
            (
                name,
                took["made"][name],
                took["models"][name],
                rows / took["models"][name],
                took["models"][name] / took["bare_s"],
            )
            for name in MODELS
        ],
        (NOTE,),
    )
    yield Table(
        "Memory, peaks in MB",
        ("process", "peak MB"),
        [
            ("dbt", took["peak_mb"]),
            ("Postgres, its largest process, private", memory.one_mb),
            ("Postgres, all processes at once, private", memory.all_mb),
        ],
    )
