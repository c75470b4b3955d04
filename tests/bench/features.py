"""Market features: how fast they are made, an hour is added, a minute is corrected."""

from collections.abc import Iterator
from pathlib import Path

from tests.bench import child
from tests.bench.history import INSTRUMENTS
from tests.bench.neighbours import taken
from tests.bench.options import Options
from tests.bench.say import say
from tests.bench.server import Server
from tests.bench.tables import Table

WORK = {
    "full": "full build",
    "hour": "one new hour, and 10 minutes again",
    "corrected": "a minute corrected, 40 days back",
}
NOTE = (
    "Of each of 50 instruments, in nine timeframes, from candles as they stand in gold."
    " Seconds of the one model. *Rows written*: what the work made or moved; a minute"
    " that is corrected moves `obv` until the end of its month."
)


def tables(server: Server, options: Options, folder: Path) -> Iterator[Table]:
    """Seconds and rows of each kind of work."""
    asked = {
        "minutes": options.feature_bars // INSTRUMENTS,
        "instruments": INSTRUMENTS,
        "target": str(folder / "dbt_target"),
    }
    with server.database("bench_features"), taken(server.pid) as others:
        told = child.run("tests.bench.features_child", asked)
    for name, text in WORK.items():
        say(f"features, {text}: {told[name]['seconds']:.2f} s")
    yield Table(
        "Market features",
        (
            "work",
            "rows written",
            "seconds",
            "rows/s",
            "bytes of a row",
            "others' cores",
        ),
        [
            (
                text,
                told[name]["rows"],
                told[name]["seconds"],
                told[name]["rows"] / told[name]["seconds"],
                told["bytes"],
                others.cores,
            )
            for name, text in WORK.items()
        ],
        (NOTE,),
    )
