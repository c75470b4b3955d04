"""Recorded posts, loaded, scored and counted in gold, in a process of its own."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipelines import warehouse
from pipelines.config.listener import StaticConfig
from pipelines.config.model import Configuration, Thresholds
from pipelines.sources.load import load
from pipelines.sources.sentiment.source import SentimentSource
from pipelines.sources.sentiment.texts import score_items
from pipelines.sources.sentiment.upstreams import UPSTREAMS
from pipelines.upstream.options import LoadOptions
from tests.bench import history
from tests.bench.child import Facts, answer
from tests.bench.texts_child import made
from tests.bench.transform_child import Dbt
from tests.histories.sentiment_recordings import listing, post, put

WORDS = 24  # of a post
PAGE = 100
APART = timedelta(minutes=2)  # from post to post
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
MARTS = ("fct_sentiment", "fct_attention")
COUNTED = "select " + " + ".join(f"(select count(*) from gold.{one})" for one in MARTS)


def measure(asked: Facts) -> Facts:
    """Seconds of each step, from recorded pages to gold, and the rows of gold."""
    folder = Path(asked["folder"])
    _record(folder, asked["posts"])
    options = LoadOptions(recordings=folder)
    config = StaticConfig(Configuration({}, (), Thresholds()))
    source = SentimentSource(UPSTREAMS["reddit"], config, options)
    history.begin()
    dbt = Dbt(asked["target"])
    dbt.run("parse")
    dbt.run("seed")
    build = ("run", "--select", *(f"+{mart}" for mart in MARTS))
    dbt.run(*build)  # empty
    steps: dict[str, Callable[[], object]] = {
        "load into bronze": lambda: load(source),
        "score": lambda: score_items(["reddit"]),
        "silver and gold": lambda: dbt.run(*build),
    }
    seconds = {}
    for name, step in steps.items():
        began = time.perf_counter()
        step()
        seconds[name] = time.perf_counter() - began
    with warehouse.connect("transformer", "bench") as connection:
        return {"seconds": seconds, "rows": warehouse.scalar(connection, COUNTED)}


def _record(folder: Path, count: int) -> None:
    """Pages of a listing, each asked for when its last post was written."""
    posts = [
        post(number, title="", selftext=text, created_utc=at.timestamp())
        for number, text in enumerate(made(count, WORDS))
        for at in [FIRST + number * APART]
    ]
    for page, first in enumerate(range(0, count, PAGE), 1):
        at = FIRST + (first + PAGE) * APART
        said = listing(posts[first : first + PAGE])
        put(folder, "reddit", page, said, fetched_at=at.isoformat())


if __name__ == "__main__":
    answer(measure)
