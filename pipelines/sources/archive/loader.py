"""One load of files: the files to load, shared among resources."""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import polars as pl

from pipelines.bronze.delivery import Resource, Rows
from pipelines.errors import BullionError, UpstreamError
from pipelines.sources.archive import working_folder
from pipelines.sources.archive.fetching import is_unchanged
from pipelines.sources.archive.files import ArchiveFile, Series, series_of
from pipelines.sources.archive.held_days import HeldDays
from pipelines.sources.archive.host import ArchiveHost
from pipelines.sources.archive.ledger import Connection, Ledger
from pipelines.sources.archive.ledger import read as read_ledger
from pipelines.sources.archive.loading import load_file, missing_row
from pipelines.sources.archive.plan import Plan, listed_days, plans, require_archived
from pipelines.sources.archive.tables import FILES
from pipelines.upstream.options import LoadOptions
from pipelines.upstream.progress import Progress
from pipelines.upstream.request_log import RequestLog, log_rows


@dataclass(frozen=True)
class Task:
    """A file to load; not if its checksum is one of `unless`, which were loaded."""

    file: ArchiveFile
    unless: frozenset[str | None] = frozenset()


@dataclass
class Loader:
    """The resources of one load; they take the next file from one queue."""

    host: ArchiveHost
    options: LoadOptions
    failures: list[Exception]
    progress: Progress
    files: Sequence[ArchiveFile] | None
    files_at_once: int
    connect: Callable[[], Connection]
    _tasks: "queue.SimpleQueue[Task]" = field(default_factory=queue.SimpleQueue)
    _open: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _done: list[Path] = field(default_factory=list)

    def resources(self, series: Sequence[Series]) -> Sequence[Resource]:
        """What to extract; none where there is nothing to deliver.

        Raises:
            BadDataError: the archive does not have an instrument that was named.
        """
        log: RequestLog = []
        planned: list[Plan] = []
        files = list(dict.fromkeys(self.files or ()))
        if self.files is None:
            planned = plans(self.host, series, self.options, log, self.failures)
            if self.options.subjects:  # a configured one may be too new for the archive
                require_archived(self.host, planned, log)
            files = [file for plan in planned for file in plan.files]
        missing = [file for plan in planned for file in plan.missing]
        left = working_folder.left(series)
        paths = {*left.values(), *(file.path for file in (*files, *missing))}
        ledger = read_ledger(self.connect, sorted(paths))
        tasks = [task for file in files if (task := self._task(file, ledger))]
        working_folder.forget(left, ledger)
        return self._resources(tasks, planned, ledger, log)

    def _task(self, file: ArchiveFile, ledger: Ledger) -> Task | None:
        if ledger.settled(file) is None:
            return Task(file)
        if not self.options.again:
            return None
        return Task(file, frozenset(ledger.loaded_sha256(file)))

    def _resources(
        self,
        tasks: Sequence[Task],
        planned: Sequence[Plan],
        ledger: Ledger,
        log: RequestLog,
    ) -> list[Resource]:
        self.progress.planned(sum(task.file.minutes for task in tasks))
        for task in tasks:
            self._tasks.put(task)
        at_once = min(len(tasks), self.files_at_once)
        resources = [
            Resource(f"files {i + 1}", self._counted(self._files))
            for i in range(at_once)
        ]
        if log:
            rows = partial(self._listing, planned, ledger, log)
            resources.append(Resource("listing", self._counted(rows), self._delivered))
        elif resources:
            resources[0] = Resource("files 1", resources[0].rows, self._delivered)
        return resources

    def _listing(
        self, planned: Sequence[Plan], ledger: Ledger, log: RequestLog
    ) -> Iterator[Rows]:
        yield from log_rows(log)
        for plan in planned:
            for file in plan.missing:
                if not ledger.is_known(file.path):
                    yield missing_row(file, plan.head)

    def _files(self) -> Iterator[Rows]:
        """Files until none is left, and at the end what became of them."""
        log: RequestLog = []
        versions: list[pl.DataFrame] = []
        while True:
            try:
                task = self._tasks.get_nowait()
            except queue.Empty:
                break
            for rows in self._one(task, log):
                if rows.table is FILES:
                    versions.append(rows.frame)
                else:
                    yield rows
        if versions:
            yield Rows(FILES, pl.concat(versions))
        yield from log_rows(log)

    def _one(self, task: Task, log: RequestLog) -> Iterator[Rows]:
        """A file; what goes wrong with it is kept, and ends this file alone."""
        file, unless = task.file, task.unless
        held = HeldDays(file)
        try:
            if not (unless and is_unchanged(self.host, file, unless, log)):
                for rows in load_file(self.host, file, log, self.progress):
                    held.add(rows)
                    yield rows
                self._add_days(held, log)
        except BullionError as error:
            self.failures.append(error)
            if isinstance(error, UpstreamError):
                return  # the next load uses its zip
        finally:
            self.progress.answered(file.minutes, 0)
        self._done.append(working_folder.place(file))

    def _add_days(self, held: HeldDays, log: RequestLog) -> None:
        """Have the files of days loaded that a month's file lacks, if there are any."""
        file, spans = held.file, held.lacking()
        series = series_of(file.exchange_id, file.symbol, file.feed)
        if not spans or series is None:
            return
        files = listed_days(self.host, series, spans, log)
        ledger = read_ledger(self.connect, sorted(file.path for file in files))
        for task in filter(None, (self._task(file, ledger) for file in files)):
            self.progress.planned(task.file.minutes)
            self._tasks.put(task)

    def _counted(
        self, rows: Callable[[], Iterator[Rows]]
    ) -> Callable[[], Iterator[Rows]]:
        """The rows; the last resource to end closes the host's connections."""
        self._open += 1

        def counted() -> Iterator[Rows]:
            try:
                yield from rows()
            finally:
                with self._lock:
                    self._open -= 1
                    if not self._open:
                        self.host.close()

        return counted

    def _delivered(self) -> None:
        """Delete the zips that were loaded or refused."""
        for path in self._done:
            path.unlink(missing_ok=True)
