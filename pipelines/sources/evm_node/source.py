"""The source: a resource for each chain that was chosen."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from pipelines import warehouse
from pipelines.bronze.delivery import Resource, Rows
from pipelines.bronze.tables import Table
from pipelines.config.listener import ConfigProvider, config_provider
from pipelines.config.model import Configuration, Priority
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
from pipelines.upstream.keyed_tasks import KeyedTasks
from pipelines.upstream.options import LoadOptions
from pipelines.upstream.progress import NO_PROGRESS, Progress
from pipelines.upstream.running_tasks import RunningTasks


def connect() -> warehouse.Connection:
    """A connection for the requests of a load."""
    return warehouse.connect("loader", warehouse.process_name("load evm"))


class EvmSource(KeyedTasks):
    """A resource for each chain that was chosen, which ends after blocks under way.

    `live`: these chains, and of those without pages the newest blocks alone.
    `goes_first`: requests stand before all others' of their endpoints. `is_unlimited`:
    no budget and no costs, for a node of one's own.

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
        super().__init__(tasks, answered, progress)
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
        self._keeps_processes = processes is not None
        self._processes = processes or FetchProcesses()
        self._keeps_clients = clients is not None
        clock = clock or EndingClock(self._tasks.ending)
        self._clients = clients or Clients(
            self._config, connect, clock, is_unlimited=is_unlimited
        )
        configuration = self._config.current
        names = live or chosen(configuration, options)
        self._chains = [Key(chain, "", BLOCK_FEED.name) for chain in names]
        self._collected = {k for k in self._chains if is_collected(configuration, k)}

    def lock_keys(self) -> Sequence[str]:
        """The chains it writes; history has locks of its own, and never blocks live."""
        of = " history" if self._priority == "history" else ""
        return [f"{key}{of}" for key in self._chains]

    def resources(self) -> Sequence[Resource]:
        """A resource for each chain."""
        return [Resource(str(key), partial(self._guarded, key)) for key in self._chains]

    def _keys(self) -> Sequence[Key]:
        return self._chains

    def _goes_on(self, key: Key) -> bool:
        """Whether it is collected, or was named."""
        is_named = key not in self._collected
        return is_named or is_collected(self._config.current, key)

    def _guarded(self, key: Key) -> Iterator[Rows]:
        """The rows; what goes wrong with a chain is kept, and ends it alone."""
        with self._running([key]):
            yield from self._rows(key)
        if not self._keeps_clients:
            self._clients.close(key.scope)
        if not self._keeps_processes:
            self._processes.close()

    def _rows(self, key: Key) -> Iterator[Rows]:
        self._check([key])
        clients = self._clients.of(key.scope, self._precedence)
        with self._clients.connect() as connection:
            load = ChainLoad(
                key,
                clients,
                connection,
                self._config,
                self._wanted,
                self._paged([key]),
                self._processes,
                self._precedence,
                is_unlimited=self._clients.is_unlimited,
                doubts=self.doubts,
            )
            yield from load.rows()
