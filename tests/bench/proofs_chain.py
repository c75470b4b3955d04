"""Proofs of blocks that are parsed already: transactions a second of one core."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.bench import child
from tests.bench.neighbours import taken
from tests.bench.options import Options
from tests.bench.say import say
from tests.bench.server import Server
from tests.bench.tables import Table

NOTE = (
    "Blocks of 150 transactions of all five types, two logs each; CPU time of one"
    " process, medians. `full` has the senders too, which `standard` leaves out."
)


def tables(server: Server, options: Options, folder: Path) -> Iterator[Table]:
    """The speed of each level, and what each proof takes of it."""
    asked = {"blocks": options.proved_blocks, "repeats": options.repeats}
    with taken() as others:
        told = child.run("tests.bench.proofs_chain_child", asked)
    count = told["transactions"]
    levels = {level: median(runs) for level, runs in told["levels"].items()}
    say(f"proofs of {count:,} transactions: {count / levels['full']:,.0f} a second")
    yield Table(
        "Proofs on parsed blocks",
        (
            *("level", "runs", "transactions", "seconds", "transactions/s a core"),
            *("µs a transaction", "slowest run", "others' cores"),
        ),
        [
            (
                level,
                len(told["levels"][level]),
                count,
                seconds,
                count / seconds,
                seconds / count * 10**6,
                count / max(told["levels"][level]),
                others.cores,
            )
            for level, seconds in levels.items()
        ],
        (NOTE,),
    )
    spent = {
        name: median(run[name] for run in told["proofs"]) for name in told["proofs"][0]
    }
    yield Table(
        "What each proof takes",
        ("proof", "µs a transaction"),
        [(name, seconds / count * 10**6) for name, seconds in spent.items()],
    )
