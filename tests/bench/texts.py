"""Texts a second of one core, against plain VADER; and posts to rows of gold."""

from collections.abc import Iterator
from pathlib import Path

from tests.bench import child
from tests.bench.neighbours import taken
from tests.bench.options import Options
from tests.bench.say import say
from tests.bench.server import Server
from tests.bench.tables import Table

KINDS = {"titles": 11, "posts": 24}  # words of one
BUDGET = 4000
ALL, LIBRARY = "all", "VADER's library, plain"
POSTS = (
    "Recorded pages of 100 posts, two minutes from post to post, in one load; its texts"
    " scored; `fct_sentiment`, `fct_attention` and all that they are made of, from"
    " nothing. Seconds by the clock; dbt's start is in them."
)


def tables(server: Server, options: Options, folder: Path) -> Iterator[Table]:
    """A table for each kind of text, and one of posts on their way to gold."""
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
    yield _posts(server, options, folder)


def _posts(server: Server, options: Options, folder: Path) -> Table:
    places = {"target": folder / "dbt_target", "folder": folder / "posts"}
    asked = {"posts": options.posts, **{k: str(path) for k, path in places.items()}}
    with server.database("bench_posts"), taken(server.pid) as others:
        told = child.run("tests.bench.posts_child", asked)
    seconds = {**told["seconds"], ALL: sum(told["seconds"].values())}
    rate = told["rows"] / seconds[ALL]
    say(f"{options.posts:,} posts: {rate:,.0f} rows of gold a second")
    return Table(
        f"{options.posts:,} posts to {told['rows']:,} rows of gold",
        ("step", "seconds", "posts/s", "gold rows/s", "others' cores"),
        [
            (
                name,
                spent,
                options.posts / spent,
                rate if name == ALL else None,
                others.cores if name == ALL else None,
            )
            for name, spent in seconds.items()
        ],
        (POSTS,),
    )
