"""The market's marts: an hour of new data, a minute corrected, what a history costs."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.bench import child
from tests.bench.child import Facts
from tests.bench.history import INSTRUMENTS
from tests.bench.neighbours import taken
from tests.bench.options import Options
from tests.bench.say import say
from tests.bench.server import Server
from tests.bench.tables import Table

KEPT = ("fct_prices", "fct_market_features")  # what they end stands in a history
WORK = {
    "hour": "one new hour, and 10 minutes again",
    "corrected": "a minute corrected, 40 days back",
}
NOTE = (
    "Of each of 50 instruments on three venues, from bronze to every mart that candles"
    " reach; medians. *Kept*: what a run changes of prices and features goes to their"
    " histories (`docs/as-known.md`); by turns it does not. *Probe*: a fixed work in"
    " Postgres just before, which tells how busy the machine was."
)


DEAREST = 12


def tables(server: Server, options: Options, folder: Path) -> Iterator[Table]:
    """Seconds of each kind of work, with a history of what it changed and without."""
    candles = options.candles[-1]
    asked = {
        "minutes": candles // INSTRUMENTS,
        "repeats": options.repeats,
        "target": str(folder / "dbt_target"),
    }
    with server.database("bench_prices"), taken(server.pid) as others:
        told = child.run("tests.bench.prices_child", asked)
    rows = []
    for name, text in WORK.items():
        for is_kept in (True, False):
            done = [work for work in told[name] if work["is_kept"] is is_kept]
            figures = {key: median(work[key] for work in done) for key in done[0]}
            say(f"prices, {text}: {figures['whole_s']:.2f} s, kept: {is_kept}")
            rows.append(
                (
                    *(text, "kept" if is_kept else "not kept", len(done)),
                    *(figures["whole_s"], figures["model_s"]),
                    *(figures[model] for model in KEPT),
                    *(figures["ended"], figures["probe_s"], others.cores),
                )
            )
    yield full_build(told["full"], candles)
    yield Table(
        f"The market's marts on {candles:,} 1m candles".replace(",", " "),
        (
            *("work", "history", "runs", "seconds in all", "models, summed"),
            *KEPT,
            *("rows ended", "probe", "others' cores"),
        ),
        rows,
        (NOTE,),
    )


def full_build(took: Facts, candles: int) -> Table:
    """Where the time of a full build of every model goes: the dearest of them."""
    whole_s, models = took["whole_s"], took["models"]
    say(f"prices, full build: {whole_s:.1f} s")
    dearest = sorted(models, key=models.__getitem__, reverse=True)[:DEAREST]
    others_s = sum(models.values()) - sum(models[name] for name in dearest)
    return Table(
        f"A full build on {candles:,} 1m candles".replace(",", " "),
        ("model", "seconds"),
        [
            *((name, models[name]) for name in dearest),
            (f"the other {len(models) - DEAREST}", others_s),
            ("summed", sum(models.values())),
            ("in all, side by side", whole_s),
        ],
        ("Of every model, features and prices among them; seconds of one run.",),
    )
