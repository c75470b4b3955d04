"""One load from the sandbox, in a process of its own."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import dlt

from pipelines.config.rows import configuration
from pipelines.settings import PROJECT_DIR
from pipelines.sources.exchange.source import ExchangeSource
from pipelines.sources.load import load
from pipelines.upstream.options import LoadOptions
from tests.bench.child import Facts, answer

PHASES = ("extract", "normalize", "load")


@contextmanager
def timed(kind: object, names: tuple[str, ...]) -> Iterator[Counter[str]]:
    """Seconds that the methods `names` of `kind` take."""
    spent: Counter[str] = Counter()
    known = {name: getattr(kind, name) for name in names}

    def clocked(name: str) -> Any:
        @wraps(known[name])
        def method(*values: Any, **options: Any) -> Any:
            began = time.perf_counter()
            try:
                return known[name](*values, **options)
            finally:
                spent[name] += time.perf_counter() - began  # type: ignore[assignment]

        return method

    for name in names:
        setattr(kind, name, clocked(name))
    try:
        yield spent
    finally:
        for name, method in known.items():
            setattr(kind, name, method)


def measure(asked: Facts) -> Facts:
    """Load what was asked for without a budget; seconds, also by phase."""
    options = LoadOptions.parse(
        asked["exchanges"], asked["symbols"], asked["since"], asked["until"]
    )
    source = ExchangeSource(
        configuration(PROJECT_DIR / "seeds"), options, is_unlimited=True
    )
    with timed(dlt.Pipeline, PHASES) as spent:
        began = time.perf_counter()
        facts = load(source)
        seconds = time.perf_counter() - began
    if source.failures or facts is None:
        raise SystemExit(f"the load failed: {source.failures}")
    return {
        "seconds": seconds,
        "phases": dict(spent),
        "load_id": facts.load_id,
        "requests": facts.requests_count,
    }


if __name__ == "__main__":
    answer(measure)
