"""Rows of many pages, put together by table: a delivery file is not for each page."""

from collections.abc import Iterable, Iterator

import polars as pl

from pipelines.bronze.delivery import Rows
from pipelines.bronze.tables import Table

LARGEST = 5_000  # rows of a delivery file, which are in memory until then


def batched(pages: Iterable[Iterable[Rows]]) -> Iterator[Rows]:
    """The same rows, in the same order of each table."""
    waiting: dict[Table, list[pl.DataFrame]] = {}
    for page in pages:
        for rows in page:
            frames = waiting.setdefault(rows.table, [])
            frames.append(rows.frame)
            if sum(frame.height for frame in frames) >= LARGEST:
                yield _joined(rows.table, waiting.pop(rows.table))
    for table, frames in waiting.items():
        yield _joined(table, frames)


def _joined(table: Table, frames: list[pl.DataFrame]) -> Rows:
    return Rows(table, pl.concat(frames))
