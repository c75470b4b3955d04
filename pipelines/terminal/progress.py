"""Progress bars: shown on a terminal, hidden in a pipe."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.text import Text


class _RowsPerSecond(ProgressColumn):
    def render(self, task: Task) -> Text:
        rows = int(task.fields["rows"])
        speed = rows / task.elapsed if task.elapsed else 0
        return Text(f"{rows:,} rows, {speed:,.0f} rows/s")


class LoadBar:
    """Minutes asked for of those that will be; the total grows as series begin."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task
        self.minutes_planned = 0
        self.rows = 0

    def planned(self, minutes: int) -> None:
        """So many minutes more will be asked for."""
        self.minutes_planned += minutes
        self._progress.update(self._task, total=self.minutes_planned)

    def answered(self, minutes: int, rows: int) -> None:
        """So many of them have been, with so many rows."""
        self.rows += rows
        self._progress.update(self._task, advance=minutes, rows=self.rows)


@contextmanager
def load_bar(console: Console) -> Iterator[LoadBar]:
    """A bar with rows, rows a second and the time left."""
    columns = (
        TextColumn("loading"),
        BarColumn(),
        TaskProgressColumn(),
        _RowsPerSecond(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    hidden = not console.is_terminal
    with Progress(*columns, console=console, disable=hidden) as progress:
        yield LoadBar(progress, progress.add_task("loading", total=None, rows=0))


@contextmanager
def node_bar(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    """A bar with the dbt node that began last, its number, and of how many."""
    columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    hidden = not console.is_terminal
    with Progress(*columns, console=console, disable=hidden) as progress:
        task = progress.add_task("starting dbt", total=None)

        def report(node: str, number: int, nodes: int) -> None:
            text = f"{number} of {nodes}: {node}"
            progress.update(task, completed=number, total=nodes, description=text)

        yield report


@contextmanager
def part_bar(console: Console, doing: str) -> Iterator[Callable[[int, int], None]]:
    """A bar of how much is done, of how much, and of the time left."""
    columns = (
        TextColumn(doing),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    hidden = not console.is_terminal
    with Progress(*columns, console=console, disable=hidden) as progress:
        task = progress.add_task(doing, total=None)

        def report(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield report


@contextmanager
def download_bar(name: str) -> Iterator[Callable[[str, int, int], None]]:
    """A bar for files that come one after the other, on the terminal of errors."""
    console = Console(stderr=True)
    columns = (
        TextColumn(f"{name} {{task.fields[file]}}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=None, file="")

        def report(file: str, received: int, total: int) -> None:
            bar.update(task, completed=received, total=total or None, file=file)

        yield report
