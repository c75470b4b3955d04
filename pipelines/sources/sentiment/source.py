"""The source of one upstream of sentiment: what was recorded, or what it says now."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from pipelines import warehouse
from pipelines.bronze.delivery import Resource, Rows
from pipelines.bronze.tables import Table
from pipelines.config.listener import ConfigProvider
from pipelines.config.model import SentimentFeedChoice
from pipelines.errors import BadDataError
from pipelines.sources.sentiment.archives import archived
from pipelines.sources.sentiment.authors import authors
from pipelines.sources.sentiment.batch import batched
from pipelines.sources.sentiment.bodies import Body, Page
from pipelines.sources.sentiment.declaration import Upstream
from pipelines.sources.sentiment.live import Live
from pipelines.sources.sentiment.load_tables import tables_of
from pipelines.sources.sentiment.reader import Reader
from pipelines.sources.sentiment.recordings import recorded
from pipelines.upstream.clock import Clock, SystemClock
from pipelines.upstream.options import LoadOptions
from pipelines.upstream.request_log import RequestLog, log_rows

HELD = "select answer_id from bronze_{}.answers where answer_id = any(%s)"
REDACT = "select ops.redact_tombstones(%s)"
BODIES = 16  # that are looked up in bronze at once, each of 8 MB at most


def connect() -> warehouse.Connection:
    """A connection for what a load asks the warehouse."""
    return warehouse.connect("loader", warehouse.process_name("load sentiment"))


class SentimentSource:
    """What is recorded of one upstream, or what it says now.

    What can not be read goes to quarantine and stops nothing. A body that bronze has of
    the same moment is not loaded again.
    """

    def __init__(
        self,
        upstream: Upstream,
        config: ConfigProvider,
        options: LoadOptions,
        *,
        connect: Callable[[], warehouse.Connection] = connect,
        clock: Clock | None = None,
    ) -> None:
        self.name = upstream.name
        self.tables: Sequence[Table] = tables_of(upstream)
        self.failures: list[Exception] = []
        self._upstream = upstream
        self._config = config
        self._options = options
        self._connect = connect
        self._clock = clock or SystemClock()

    def lock_keys(self) -> Sequence[str]:
        """The upstream: its fetches stand in one order."""
        return [self.name]

    def resources(self) -> Sequence[Resource]:
        """One; none where nothing is recorded of this upstream, or configured."""
        options = self._options
        if options.recordings is not None:
            is_wanted = (options.recordings / self.name).is_dir()
        else:
            is_wanted = bool(options.archive or self._choices)
        if not is_wanted:
            return []
        return [Resource(self.name, self._rows, delivered=self._redact)]

    @property
    def _choices(self) -> Sequence[SentimentFeedChoice]:
        """What is configured of it, or of that what the options name."""
        return [
            choice
            for choice in self._config.current.sentiment_feeds
            if choice.source == self.name
            and choice.is_enabled
            and (not self._options.feeds or choice.endpoint in self._options.feeds)
            and (not self._options.subjects or choice.subject in self._options.subjects)
        ]

    def _rows(self) -> Iterator[Rows]:
        if self._options.recordings is None and self._options.archive is None:
            yield from self._live()
            return
        try:
            yield from batched(page.tables() for page in self._read())
        except BadDataError as error:  # an archive that is cut off
            self.failures.append(error)

    def _live(self) -> Iterator[Rows]:
        log: RequestLog = []
        with self._connect() as connection:
            live = Live(
                self._upstream,
                self._config,
                connection,
                self._clock,
                log,
                self.failures,
                self._choices,
                is_whole=not (self._options.feeds or self._options.subjects),
            )
            yield from batched(page.tables() for page in live.pages())
        yield from log_rows(log)

    def _read(self) -> Iterator[Page]:
        """The pages of recordings, or of an archive, that bronze does not hold."""
        reader = Reader(self._upstream, authors())
        for bodies in chunked(self._bodies(), BODIES):
            pages = [reader.read(body) for body in bodies]
            held = self._held([page.answer_id for page in pages])
            yield from (page for page in pages if page.answer_id not in held)

    def _bodies(self) -> Iterator[Body]:
        if self._options.archive is not None:
            yield from archived(self._options.archive)
            return
        folder = self._options.recordings
        assert folder is not None  # noqa: S101  # else it is asked
        now = self._options.now or self._clock.now()
        for body in recorded(folder / self.name, now):
            if isinstance(body, BadDataError):
                self.failures.append(body)
            else:
                yield body

    def _held(self, answer_ids: Sequence[str]) -> set[str]:
        """Those that bronze has."""
        with self._connect() as connection:
            if not warehouse.has_table(connection, f"bronze_{self.name}.answers"):
                return set()
            statement = HELD.format(self.name)
            rows = connection.execute(statement.encode(), (list(answer_ids),))
            return {str(answer_id) for (answer_id,) in rows}

    def _redact(self) -> None:
        """Blank what was deleted or removed since it was loaded."""
        with self._connect() as connection:
            connection.execute(REDACT, (f"bronze_{self.name}",))


def chunked(bodies: Iterator[Body], size: int) -> Iterator[list[Body]]:
    """So many at a time."""
    while part := list(islice(bodies, size)):
        yield part
