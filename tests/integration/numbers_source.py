"""A source whose series count upwards: what is missing or doubled shows at once.

`work` is for forks: each loads it, and is killed at a named point.
"""

import os
import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
from dlt.common.storages import PackageStorage
from dlt.destinations.impl.postgres.sql_client import Psycopg2SqlClient
from dlt.pipeline.pipeline import Pipeline

from pipelines import bronze, delivery, load, warehouse
from pipelines.delivery import Column, Rows, Stream, Table
from pipelines.run import Run

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
    """Each load brings the next FRAMES * ROWS numbers of every series."""

    name = "numbers"
    tables: Sequence[Table] = (NUMBERS,)

    def __init__(self, series: Sequence[str], *, pause: Callable[[], object] = int):
        self.series = series
        self.failures: list[Exception] = []
        self.pause = pause

    def lock_keys(self) -> Sequence[str]:
        return self.series

    def streams(self) -> Sequence[Stream]:
        return [Stream(series, partial(self.rows, series)) for series in self.series]

    def rows(self, series: str) -> Iterator[Rows]:
        first = self.held(series)
        for frame in range(FRAMES):
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


def dying_half_deleted() -> None:
    """Die when the files of an extracted package are gone, and the rest of it not.

    dlt normalises by a rename and then this deletion.
    """
    real = PackageStorage.delete_package

    def wrapper(self: PackageStorage, load_id: str, not_exists_ok: bool = False) -> Any:
        if not_exists_ok:  # what an earlier try left, before the rename
            return real(self, load_id, not_exists_ok)
        jobs = self.get_job_state_folder_path(load_id, PackageStorage.NEW_JOBS_FOLDER)
        shutil.rmtree(self.storage.make_full_path(jobs))
        return die()

    PackageStorage.delete_package = wrapper  # type: ignore[method-assign]


def dying_half_removed() -> None:
    """Die when every other file of a delivered run is gone, the first one included."""
    real = shutil.rmtree

    def wrapper(path: Any, *args: Any, **kwargs: Any) -> None:
        if Path(path).parent != Run.home():
            return real(path, *args, **kwargs)
        for file in sorted(f for f in Path(path).rglob("*") if f.is_file())[::2]:
            file.unlink()
        return die()

    shutil.rmtree = wrapper  # type: ignore[assignment]


POINTS: dict[str, Callable[[], None]] = {
    "while extracting": lambda: dying(delivery, "write", nth=3),
    "after extract": lambda: dying(Pipeline, "normalize"),
    "after normalise's rename": lambda: dying(PackageStorage, "delete_package", nth=2),
    "after normalise's rename, its deletion begun": dying_half_deleted,
    "after normalise": lambda: dying(Pipeline, "load"),
    "before a file's commit": lambda: dying(
        Psycopg2SqlClient, "commit_transaction", nth=2
    ),
    "after a file's commit, before its mark": lambda: dying(
        bronze.CopyOnce, "run", call_first=True, nth=2
    ),
    "before the load is recorded": lambda: dying(bronze.BronzeClient, "complete_load"),
    "after the load is recorded, before its package is closed": lambda: dying(
        bronze.BronzeClient, "complete_load", call_first=True
    ),
    "while its folder is removed": dying_half_removed,
    "before its facts are noted": lambda: dying(load, "facts"),
}


def work() -> Callable[[str], None]:
    def run(point: str) -> None:
        POINTS.get(point, lambda: None)()
        load.load(Numbers(["a", "b", "c"]), wait_s=30)

    return run
