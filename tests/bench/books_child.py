"""Snapshots of every book that the sandbox lists, in a process of its own."""

import time

from pipelines.config.rows import configuration
from pipelines.settings import PROJECT_DIR
from pipelines.sources.exchange.source import ExchangeSource
from pipelines.sources.load import load
from pipelines.upstream.options import LoadOptions
from tests.bench.child import Facts, answer


def measure(asked: Facts) -> Facts:
    """A load of the feed of each venue's series, one after the other; seconds."""
    known = configuration(PROJECT_DIR / "seeds")
    began = time.perf_counter()
    for exchange_id, symbols in asked["series"].items():
        options = LoadOptions.parse([exchange_id], symbols, feeds=[asked["feed"]])
        source = ExchangeSource(known, options, is_unlimited=True)
        load(source)
        if source.failures:
            raise SystemExit(f"the load failed: {source.failures}")
    return {"seconds": time.perf_counter() - began}


if __name__ == "__main__":
    answer(measure)
