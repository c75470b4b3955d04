"""The source: a resource for each chain that was chosen."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from pipelines import warehouse
from pipelines.bronze.delivery import Resource, Rows
from pipelines.bronze.tables import Table
from pipelines.config.listener import ConfigProvider, config_provider
from pipelines.config.model import Configuration, Priority
from pipelines.errors import BullionError, EndedError
from pipelines.sources.evm_node.chain_load import ChainLoad
from pipelines.sources.evm_node.chain_span import Wanted
from pipelines.sources.evm_node.choices import chosen, is_collected
from pipelines.sources.evm_node.clients import Clients
from pipelines.sources.evm_node.feeds import BLOCK_FEED
from pipelines.sources.evm_node.fetch_processes import FetchProcesses
from pipelines.sources.evm_node.load_tables import TABLES
from pipelines.upstream.budget import Precedence
from pipelines.upstream.clock import Clock, EndingClock
from pipelines.upstream.feed import Key
from pipelines.upstream.options import LoadOptions
from pipelines.upstream.progress import NO_PROGRESS, Progress
from pipelines.upstream.running_tasks import RunningTasks


def connect() -> warehouse.Connection:
    """A connection for the requests of a load."""
    return warehouse.connect("loader", warehouse.process_name("load evm"))


class EvmSource:
    """A resource for each chain that was chosen.

    A chain that fails leaves its error in `failures`; the others go on. One that was
    configured when this began, and is not any more, ends after its blocks under way, as
    does each when `tasks` are ending: no failure, but one of `ended`. `answered` is
    called with the key of each group of blocks.

    `live`: these chains, and of those without pages the newest blocks alone.
    `goes_first`: requests stand before all others' of their endpoints. `is_unlimited`:
    no budget and no costs, for a node of one's own.

    Attributes:
        failed: the failures by key.
        ended: the keys that did not go on to their end.

    Raises:
        SetupError: the options name what is not configured.
    """

    name = "evm"

    def __init__(
        self,
        config: ConfigProvider | Configuration,
        options: LoadOptions | None = None,
        *,
        live: Sequence[str] = (),
        goes_first: bool = False,
        is_unlimited: bool = False,
        clock: Clock | None = None,
        connect: Callable[[], warehouse.Connection] = connect,
        progress: Progress = NO_PROGRESS,
        tasks: RunningTasks | None = None,
        clients: Clients | None = None,
        processes: FetchProcesses | None = None,
        answered: Callable[[Key], None] = lambda _: None,
    ) -> None:
        self.tables: Sequence[Table] = (BLOCK_FEED.table, *TABLES)
        self.failures: list[Exception] = []
        self.failed: dict[Key, Exception] = {}
        self.ended: list[Key] = []
        options = options or LoadOptions()
        self._config = config_provider(config)
        self._priority: Priority = options.priority or "live"
        self._wanted = Wanted(
            options.first,
            options.end,
            is_live=bool(live),
            is_history=self._priority == "history",
        )
        self._precedence: Precedence = "first" if goes_first else self._priority
        self._progress = progress
        self._tasks = tasks or RunningTasks()
        self._answered = answered
        self._keeps_processes = processes is not None
        self._processes = processes or FetchProcesses()
        self._keeps_clients = clients is not None
        clock = clock or EndingClock(self._tasks.ending)
        self._clients = clients or Clients(
            self._config, connect, clock, is_unlimited=is_unlimited
        )
        configuration = self._config.current
        names = live or chosen(configuration, options)
        self._keys = [Key(chain, "", BLOCK_FEED.name) for chain in names]
        self._collected = {k for k in self._keys if is_collected(configuration, k)}

    def lock_keys(self) -> Sequence[str]:
        """The chains it writes; history has locks of its own, and never blocks live."""
        of = " history" if self._priority == "history" else ""
        return [f"{key}{of}" for key in self._keys]

    def resources(self) -> Sequence[Resource]:
        """A resource for each chain."""
        return [Resource(str(key), partial(self._guarded, key)) for key in self._keys]

    def whole(self) -> list[Key]:
        """The chains that went on to their end, once all have ended."""
        return [k for k in self._keys if k not in self.failed and k not in self.ended]

    def _guarded(self, key: Key) -> Iterator[Rows]:
        """The rows; what goes wrong with a chain is kept, and ends it alone."""
        with self._tasks.one(key):
            try:
                yield from self._rows(key)
            except EndedError:
                self.ended.append(key)
            except BullionError as error:
                self.failed[key] = error
                self.failures.append(error)
        if not self._keeps_clients:
            self._clients.close(key.scope)
        if not self._keeps_processes:
            self._processes.close()

    def _rows(self, key: Key) -> Iterator[Rows]:
        self._check(key)
        clients = self._clients.of(key.scope, self._precedence)
        with self._clients.connect() as connection:
            progress = _GroupProgress(self._progress, partial(self._paged, key))
            load = ChainLoad(
                key,
                clients,
                connection,
                self._config,
                self._wanted,
                progress,
                self._processes,
                self._precedence,
                is_unlimited=self._clients.is_unlimited,
            )
            yield from load.rows()

    def _paged(self, key: Key) -> None:
        self._answered(key)
        self._check(key)

    def _check(self, key: Key) -> None:
        """Raises EndedError where it is not to go on."""
        if self._tasks.ending.is_set():
            raise EndedError(f"{key}: stopped")
        is_named = key not in self._collected
        if not (is_named or is_collected(self._config.current, key)):
            raise EndedError(f"{key}: not collected any more")


class _GroupProgress:
    """A chain's progress: after each group it checks whether there is to be another."""

    def __init__(self, progress: Progress, paged: Callable[[], None]) -> None:
        self.planned = progress.planned
        self._progress = progress
        self._paged = paged

    def answered(self, minutes: int, rows: int) -> None:
        """Raises EndedError where the group was the last one."""
        self._progress.answered(minutes, rows)
        self._paged()
