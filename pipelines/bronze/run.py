"""A run's folder: where dlt keeps what was extracted until it is delivered.

Each run has a folder of its own under `BULLION_DATA_DIR/dlt`, named after its source.
A run that died leaves it behind, with its lock free: whoever takes the lock delivers.

A kill may fall between any two changes of the file system, and dlt is at ease with
them only while one of its storages is whole. So what a folder holds is read here from
the folders of packages alone, which dlt makes and moves by one rename each.
"""

import logging
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import dlt
import psycopg
from dlt.common.storages import PackageStorage
from dlt.load.exceptions import LoadClientJobTerminalRetry
from dlt.pipeline.exceptions import PipelineStepFailed

from pipelines.bronze import destination
from pipelines.errors import BadDataError, UpstreamError, interrupt_of
from pipelines.settings import export, settings

# In the environment, where the longest name counts: dlt would take a plain `WORKERS` of
# somebody else's, and normalise in processes that outlive a killed load with its locks.
CONFIGURATION = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    # dlt forgets a Ctrl-C, and a SIGTERM, that comes too late for its step to heed it
    "RUNTIME__INTERCEPT_SIGNALS": "false",
    # the cursor is what bronze holds: dlt keeps no state of its own in the warehouse
    "RESTORE_FROM_DESTINATION": "false",
    "EXTRACT__WORKERS": "8",
    "EXTRACT__MAX_PARALLEL_ITEMS": "16",
    "NORMALIZE__WORKERS": "1",
    "LOAD__WORKERS": "4",
    "LOAD__RAISE_ON_FAILED_JOBS": "true",
}
# where a run's packages lie, each a folder named after its load id
EXTRACTED = Path("normalize", "extracted")
NORMALISED = Path("load", "normalized")
LOADED = PackageStorage.PACKAGE_COMPLETED_FILE_NAME


@dataclass(frozen=True)
class Run:
    """One run of a load of `source_name`."""

    folder: Path

    @classmethod
    def home(cls) -> Path:
        """Where the folders of all runs lie."""
        return settings().data_dir.absolute() / "dlt"

    @classmethod
    def new(cls, source_name: str) -> "Run":
        """A run that is about to begin."""
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        name = f"{source_name}-{stamp}-{os.getpid()}-{uuid4().hex[:8]}"
        return cls(settings().folder(cls.home().name) / name)

    @classmethod
    def left(cls) -> list["Run"]:
        """Every run that has not ended: alive, or dead."""
        return [cls(path) for path in sorted(cls.home().glob("*-*T*-*"))]

    @property
    def source_name(self) -> str:
        """What it loads."""
        return self.folder.name.split("-", 1)[0]

    @property
    def lock(self) -> str:
        """The lock that it holds while it lives."""
        return f"run {self.folder.name}"

    @cached_property
    def pipeline(self) -> dlt.Pipeline:
        """Its dlt pipeline, attached to the folder; made when first asked for."""
        _configure()
        return dlt.pipeline(
            pipeline_name=f"bronze_{self.source_name}",
            pipelines_dir=str(self.folder),
            destination=destination.destination(),
            dataset_name=f"bronze_{self.source_name}",
        )

    def extract(self, resources: Sequence[Any]) -> str:
        """Fetch everything into one package; its load id."""
        name = f"bronze_{self.source_name}"
        source = dlt.source(lambda: resources, name=name)()
        try:
            info = self.pipeline.extract(source, loader_file_format="csv")
        except PipelineStepFailed as error:
            if lost := _cause(error, psycopg.OperationalError):
                raise UpstreamError(f"the warehouse did not answer: {lost}") from error
            raise
        return str(info.loads_ids[0])

    def begin(self, load_id: str) -> None:
        """Let the folder say which load it holds: dlt's own moves within it."""
        (self.folder / load_id).touch()

    @property
    def has_packages(self) -> bool:
        """Whether there is anything to deliver."""
        return bool(self._extracted or self._normalised)

    def deliver(self) -> None:
        """Load every package that is pending, then forget the folder."""
        for load_id in self._extracted & self._normalised:
            # dlt normalises by one rename and then this deletion, which it never ends
            # of itself: it fails to normalise such a package once more, for ever
            shutil.rmtree(self._working_folder / EXTRACTED / load_id)
        try:
            if self._extracted:
                # passes over a package that dlt's state does not know of: a run that
                # was killed so early is forgotten, and what it had is fetched again
                self.pipeline.normalize()
            if self._normalised:
                self.pipeline.load()
        except PipelineStepFailed as error:
            raise self._failure(error) from error
        self._forget()

    @property
    def _working_folder(self) -> Path:
        return self.folder / f"bronze_{self.source_name}"

    @property
    def _extracted(self) -> set[str]:
        return _names(self._working_folder / EXTRACTED)

    @property
    def _normalised(self) -> set[str]:
        """But for what is loaded: dlt marks a package so, and then moves it."""
        home = self._working_folder / NORMALISED
        return {name for name in _names(home) if not (home / name / LOADED).exists()}

    def _forget(self) -> None:
        """Delete the folder: at once it is no run's any more, then its files go."""
        delivered = self._moved_to("dlt_delivered").parent
        for folder in delivered.iterdir():  # of runs that died here, too
            shutil.rmtree(folder, ignore_errors=True)

    def _moved_to(self, name: str) -> Path:
        """The folder, out of the runs' home."""
        home = self.home().with_name(name)
        home.mkdir(exist_ok=True)
        return self.folder.rename(home / self.folder.name)

    def _failure(self, error: PipelineStepFailed) -> BaseException:
        cause = error.exception
        if stopped := interrupt_of(cause):
            return stopped
        if not isinstance(cause, LoadClientJobTerminalRetry):
            return UpstreamError(f"the warehouse did not take it yet: {error}")
        kept = self._moved_to("dlt_refused")
        return BadDataError(
            f"the warehouse refused {cause.job_id}: {cause.client_exception}; nothing "
            f"of this load counts, and all of it is kept in {kept}"
        )


@cache
def _configure() -> None:
    """Configure dlt: the loads of all threads read it."""
    export(CONFIGURATION)
    # who stops a load would be warned of threads that end with their requests
    logging.getLogger("dlt").addFilter(lambda record: record.module != "pool_runner")


def is_pending(load_id: str) -> bool:
    """Whether a run's folder holds this load: it lives, or is to be delivered."""
    return any((run.folder / load_id).exists() for run in Run.left())


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def _cause(error: BaseException, kind: type[BaseException]) -> BaseException | None:
    """The first of `kind` in what led to `error`."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, kind):
        cause = cause.__cause__
    return cause
