"""One load of archive files, in a process of its own."""

import time
from collections import Counter

import dlt

from pipelines.bronze import delivery
from pipelines.config.rows import configuration
from pipelines.settings import PROJECT_DIR
from pipelines.sources import declared
from pipelines.sources.archive import loading, reading
from pipelines.sources.archive.files import ArchiveFile
from pipelines.sources.archive.source import ArchiveSource
from pipelines.sources.load import load
from tests.bench.child import Facts, answer
from tests.bench.rest_child import PHASES, timed


def measure(asked: Facts) -> Facts:
    """Load exactly these files; seconds, also by phase.

    `fetch`, `unpacked`, `block_of`, `check` and `write` are those of all threads
    together: with two files at once they are more than the time that passed.
    """
    files = [
        ArchiveFile(**{**file, "covers": tuple(file["covers"])})
        for file in asked["files"]
    ]
    source = ArchiveSource(
        configuration(PROJECT_DIR / "seeds"),
        files=files,
        files_at_once=asked["at_once"],
    )
    declared()  # importing every source is a process's start, not a load's work
    with (
        timed(dlt.Pipeline, PHASES) as spent,
        timed(loading, ("fetch", "unpacked")) as brought,
        timed(reading, ("block_of", "check")) as read,
        timed(delivery, ("write",)) as written,
    ):
        began_at, began = time.time(), time.perf_counter()
        facts = load(source)
        seconds = time.perf_counter() - began
    if source.failures or facts is None:
        raise SystemExit(f"the load failed: {source.failures}")
    phases: Counter[str] = Counter()
    for found in (spent, brought, read, written):
        phases.update(found)
    told = {"seconds": seconds, "began_at": began_at, "phases": dict(phases)}
    return {**told, "rows": facts.rows_count}


if __name__ == "__main__":
    answer(measure)
