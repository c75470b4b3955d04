"""One load of files: what is wanted of what the host lists, shared among resources."""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl

from pipelines.bronze.delivery import Resource, Rows
from pipelines.errors import BullionError, UpstreamError
from pipelines.sources.archive import ledger, working_folder
from pipelines.sources.archive.fetching import is_unchanged
from pipelines.sources.archive.files import ArchiveFile, Series
from pipelines.sources.archive.host import ArchiveHost
from pipelines.sources.archive.ledger import Connection, Ledger
from pipelines.sources.archive.loading import load_file, missing_row
from pipelines.sources.archive.plan import Plan, plans
from pipelines.sources.archive.tables import FILES
from pipelines.upstream.options import LoadOptions
from pipelines.upstream.progress import Progress
from pipelines.upstream.request_log import RequestLog, log_rows


@dataclass(frozen=True)
class Task:
    """A file to load; not if its checksum is one of `unless`, which were loaded."""

    file: ArchiveFile
    unless: frozenset[str | None] = frozenset()


class Loader:
    """The resources of one load; they take the next file from one queue."""

    def __init__(
        self,
        host: ArchiveHost,
        options: LoadOptions,
        failures: list[Exception],
        progress: Progress,
        *,
        files: Sequence[ArchiveFile] | None,
        files_at_once: int,
    ) -> None:
        self._host = host
        self._options = options
        self._failures = failures
        self._progress = progress
        self._wanted = files
        self._at_once = files_at_once
        self._tasks: queue.SimpleQueue[Task] = queue.SimpleQueue()
        self._open = 0
        self._lock = threading.Lock()
        self._done: list[Path] = []

    def resources(
        self, series: Sequence[Series], connect: Callable[[], Connection]
    ) -> Sequence[Resource]:
        """What to extract; none where there is nothing to tell."""
        log: RequestLog = []
        found: list[Plan] = []
        files = list(dict.fromkeys(self._wanted or ()))
        if self._wanted is None:
            found = plans(self._host, series, self._options, log, self._failures)
            files = [file for plan in found for file in plan.files]
        missing = [file for plan in found for file in plan.missing]
        left = working_folder.left(series)
        paths = {*left.values(), *(file.path for file in (*files, *missing))}
        known = ledger.read(connect, sorted(paths))
        tasks = [task for file in files if (task := self._task(file, known))]
        working_folder.forget(left, known)
        return self._resources(tasks, found, known, log)

    def _task(self, file: ArchiveFile, known: Ledger) -> Task | None:
        settled = known.settled(file)
        if settled is None:
            return Task(file)
        if not self._options.again:
            return None
        return Task(file, frozenset(known.loaded_sha256(file)))

    def _resources(
        self,
        tasks: Sequence[Task],
        found: Sequence[Plan],
        known: Ledger,
        log: RequestLog,
    ) -> list[Resource]:
        self._progress.planned(sum(task.file.minutes for task in tasks))
        for task in tasks:
            self._tasks.put(task)
        at_once = min(len(tasks), self._at_once)
        resources = [
            Resource(f"files {i + 1}", self._counted(self._files))
            for i in range(at_once)
        ]
        if log:
            rows = partial(self._listing, found, known, log)
            resources.append(Resource("listing", self._counted(rows), self._delivered))
        elif resources:
            resources[0] = Resource("files 1", resources[0].rows, self._delivered)
        return resources

    def _listing(
        self, found: Sequence[Plan], known: Ledger, log: RequestLog
    ) -> Iterator[Rows]:
        yield from log_rows(log)
        for plan in found:
            for file in plan.missing:
                if not known.is_known(file.path):
                    yield missing_row(file, plan.heard)

    def _files(self) -> Iterator[Rows]:
        """Files until none is left, and at the end what became of them."""
        log: RequestLog = []
        told: list[pl.DataFrame] = []
        while True:
            try:
                task = self._tasks.get_nowait()
            except queue.Empty:
                break
            for rows in self._one(task, log):
                if rows.table is FILES:
                    told.append(rows.frame)
                else:
                    yield rows
        if told:
            yield Rows(FILES, pl.concat(told))
        yield from log_rows(log)

    def _one(self, task: Task, log: RequestLog) -> Iterator[Rows]:
        """A file; what goes wrong with it is kept, and ends this file alone."""
        file, unless = task.file, task.unless
        try:
            if not (unless and is_unchanged(self._host, file, unless, log)):
                yield from load_file(self._host, file, log, self._progress)
        except BullionError as error:
            self._failures.append(error)
            if isinstance(error, UpstreamError):
                return  # what lies there of it serves the next load
        finally:
            self._progress.answered(file.minutes, 0)
        self._done.append(working_folder.place(file))

    def _counted(
        self, rows: Callable[[], Iterator[Rows]]
    ) -> Callable[[], Iterator[Rows]]:
        """The rows; the last stream to end gives the host's connections back."""
        self._open += 1

        def counted() -> Iterator[Rows]:
            try:
                yield from rows()
            finally:
                with self._lock:
                    self._open -= 1
                    if not self._open:
                        self._host.close()

        return counted

    def _delivered(self) -> None:
        """What was loaded or refused is not needed any more."""
        for path in self._done:
            path.unlink(missing_ok=True)
