"""Texts a second of one core: each step of scoring and all, against plain VADER."""

from collections.abc import Iterator
from pathlib import Path

from tests.bench import child
from tests.bench.options import Options
from tests.bench.say import say
from tests.bench.server import Server
from tests.bench.tables import Table

KINDS = {"titles": 11, "posts": 24}  # words of one
BUDGET = 4000
ALL, LIBRARY = "all", "VADER's library, plain"


def tables(server: Server, options: Options, folder: Path) -> Iterator[Table]:
    """A table for each kind of text."""
    for kind, words in KINDS.items():
        asked = {"texts": options.texts, "words": words, "repeats": options.repeats}
        told = child.run("tests.bench.texts_child", asked)
        seconds = told["seconds"]
        rate = options.texts / seconds[ALL]
        say(f"texts, {kind}: {rate:,.0f} a second")
        yield Table(
            f"{kind.capitalize()} of {told['characters']:.0f} characters",
            ("step", "µs a text", "texts/s", "times plain VADER", f"≥ {BUDGET:,}/s"),
            [
                (
                    name,
                    spent * 1e6 / options.texts,
                    options.texts / spent,
                    spent / seconds[LIBRARY],
                    ("yes" if rate >= BUDGET else "no") if name == ALL else "",
                )
                for name, spent in seconds.items()
            ],
            (f"{options.texts:,} texts; CPU of one process, the best of its rounds.",),
        )
