"""The source: the files that were chosen, and what the host lists of them."""

from collections.abc import Callable, Sequence

from pipelines import warehouse
from pipelines.bronze.delivery import Resource
from pipelines.bronze.tables import Table
from pipelines.config.model import Configuration
from pipelines.sources.archive.attempt import EXCHANGE_ID
from pipelines.sources.archive.choices import chosen, series_of_files
from pipelines.sources.archive.files import ArchiveFile
from pipelines.sources.archive.host import ArchiveHost
from pipelines.sources.archive.ledger import Connection
from pipelines.sources.archive.loader import Loader
from pipelines.sources.archive.plan import plans
from pipelines.sources.archive.symbols import SymbolWalk
from pipelines.sources.archive.tables import SYMBOLS, TABLES
from pipelines.upstream.options import LoadOptions
from pipelines.upstream.progress import NO_PROGRESS, Progress


def _connect() -> Connection:
    return warehouse.connect("loader", warehouse.process_name("load archive"))


def _host(configuration: Configuration) -> ArchiveHost:
    thresholds = configuration.thresholds
    return ArchiveHost(
        thresholds.attempts,
        thresholds.request_timeout_seconds,
        thresholds.patience_seconds,
    )


def listed(configuration: Configuration, options: LoadOptions) -> Sequence[ArchiveFile]:
    """What the host has for the chosen series and span, by series and time.

    Raises:
        SetupError: the options name something unknown.
        UpstreamError: the host did not list one of the series.
    """
    host = _host(configuration)
    failures: list[Exception] = []
    planned = plans(host, chosen(configuration, options), options, [], failures)
    host.close()
    if failures:
        raise failures[0]
    return [file for plan in planned for file in plan.files]


class ArchiveSource:
    """The files that were chosen, several at a time.

    A file that fails or is refused leaves its error in `failures`; the others go on.

    `files`: exactly these, instead of what the host lists for a span. `files_at_once`
    are downloaded, checked and read at the same time.

    Raises:
        SetupError: the options name something unknown.
    """

    name = "archive"
    tables: Sequence[Table] = TABLES

    def __init__(
        self,
        configuration: Configuration,
        options: LoadOptions | None = None,
        *,
        files: Sequence[ArchiveFile] | None = None,
        files_at_once: int = 4,
        progress: Progress = NO_PROGRESS,
        connect: Callable[[], Connection] = _connect,
    ) -> None:
        self.failures: list[Exception] = []
        self._configuration = configuration
        self._options = options or LoadOptions()
        self._files = files
        self._at_once = files_at_once
        self._series = (
            chosen(configuration, self._options)
            if files is None
            else series_of_files(files)
        )
        self._progress = progress
        self._connect = connect

    def lock_keys(self) -> Sequence[str]:
        """The series and feeds it writes."""
        keys = [str(series) for series in self._series]
        return [*keys, f"{EXCHANGE_ID} {SYMBOLS.name}"] if self._walks else keys

    def resources(self) -> Sequence[Resource]:
        """One for what the host lists, for each file at a time, and for its symbols.

        The host is asked here for its listings: which files to load depends on what
        bronze has, which is settled now.
        """
        walks = []
        if self._walks:
            host = _host(self._configuration)
            walk = SymbolWalk(host, self._options.subjects, self.failures)
            walks = [Resource(SYMBOLS.name, walk.rows)]
        if not self._series:
            return walks
        loader = Loader(
            _host(self._configuration),
            self._options,
            self.failures,
            self._progress,
            files=self._files,
            files_at_once=self._at_once,
            connect=self._connect,
        )
        return [*loader.resources(self._series), *walks]

    @property
    def _walks(self) -> bool:
        return self._files is None and SYMBOLS.name in self._options.feeds
