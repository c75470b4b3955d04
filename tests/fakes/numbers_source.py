"""A source whose series count upwards: what is missing or doubled shows at once.

`work` is for forks: each loads it, and is killed at a named point.
"""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import polars as pl
from dlt.destinations.impl.postgres.sql_client import Psycopg2SqlClient
from dlt.pipeline.pipeline import Pipeline

from pipelines import warehouse
from pipelines.bronze import delivery, destination
from pipelines.bronze import load as bronze_load
from pipelines.bronze.delivery import Resource, Rows
from pipelines.bronze.tables import Column, Table
from pipelines.sources import load
from tests.services.file_changes import die_before_change

NUMBERS = Table(
    "numbers",
    (Column("series", "text"), Column("number", "bigint"), Column("value", "decimal")),
    indexes=(("series", "number"),),
)
HELD = """
select coalesce(max(number) + 1, 0) from bronze_numbers.numbers
where series = %s and _dlt_load_id in (select load_id from bronze_numbers._dlt_loads)
"""
FRAMES = 3  # frames, and so files, of a series in one load
ROWS = 50  # rows of a frame


class Numbers:
    """Each load brings the next frames * ROWS numbers of every series."""

    name = "numbers"
    tables: Sequence[Table] = (NUMBERS,)

    def __init__(
        self,
        series: Sequence[str],
        *,
        frames: int = FRAMES,
        pause: Callable[[], object] = int,
    ):
        self.series = series
        self.frames = frames
        self.failures: list[Exception] = []
        self.pause = pause

    def lock_keys(self) -> Sequence[str]:
        return self.series

    def resources(self) -> Sequence[Resource]:
        return [Resource(series, partial(self.rows, series)) for series in self.series]

    def rows(self, series: str) -> Iterator[Rows]:
        first = self.held(series)
        for frame in range(self.frames):
            numbers = range(first + frame * ROWS, first + (frame + 1) * ROWS)
            values = [f"{n}.000000000000000001" for n in numbers]
            columns = {"series": series, "number": list(numbers), "value": values}
            yield Rows(NUMBERS, pl.DataFrame(columns))
            self.pause()

    def held(self, series: str) -> int:
        with warehouse.connect("loader", "test") as connection:
            there = connection.execute(
                "select to_regclass('bronze_numbers._dlt_loads') is not null"
            ).fetchone()
            if not there or not there[0]:
                return 0
            row = connection.execute(HELD, (series,)).fetchone()
            return int(row[0]) if row else 0


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying(where: Any, name: str, *, call_first: bool = False, nth: int = 1) -> None:
    """Let the nth call of `where.name` kill the process, before or after its work."""
    real = getattr(where, name)
    calls = 0

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls < nth:
            return real(*args, **kwargs)
        if call_first:
            real(*args, **kwargs)
        return die()

    setattr(where, name, wrapper)


POINTS: dict[str, Callable[[], None]] = {
    "while extracting": lambda: dying(delivery, "write", nth=3),
    "after extract": lambda: dying(Pipeline, "normalize"),
    "after normalise": lambda: dying(Pipeline, "load"),
    "before a file's commit": lambda: dying(
        Psycopg2SqlClient, "commit_transaction", nth=2
    ),
    "after a file's commit, before its mark": lambda: dying(
        destination.CopyOnce, "run", call_first=True, nth=2
    ),
    "before the load is recorded": lambda: dying(
        destination.BronzeClient, "complete_load"
    ),
    "after the load is recorded, before its package is closed": lambda: dying(
        destination.BronzeClient, "complete_load", call_first=True
    ),
    "before its facts are noted": lambda: dying(bronze_load, "facts"),
}


def moments() -> Callable[[str], None]:
    """For forks, too: the smallest load, killed before its nth change of a file."""

    def run(nth: str) -> None:
        die_before_change(int(nth))
        load.load(Numbers(["a"], frames=1), wait_s=300)

    return run


def work() -> Callable[..., None]:
    def run(point: str, *series: str) -> None:
        POINTS.get(point, lambda: None)()
        load.load(Numbers(series or ["a", "b", "c"]), wait_s=300)

    return run
