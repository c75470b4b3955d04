"""A bar for long work: rows, rows a second, and the time left where it is known."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from pipelines.delivery import Rows

Seen = Callable[[str, Rows], None]


class _RowsPerSecond(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed or 0
        return Text(f"{int(task.completed):,} rows, {int(speed):,} rows/s")


@contextmanager
def bar(console: Console, table_name: str, total: int | None = None) -> Iterator[Seen]:
    """Count the rows of `table_name` while they are extracted; only on a terminal."""
    columns = (
        TextColumn("loading"),
        BarColumn(),
        _RowsPerSecond(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    shown = console.is_terminal
    with Progress(*columns, console=console, disable=not shown) as progress:
        task = progress.add_task("loading", total=total)

        def seen(_stream: str, rows: Rows) -> None:
            if rows.table.name == table_name:
                progress.advance(task, rows.frame.height)

        yield seen
