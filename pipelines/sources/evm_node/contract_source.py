"""The source of contracts that are read: a resource for each chain that was chosen."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from pipelines import warehouse
from pipelines.bronze.delivery import Resource, Rows
from pipelines.bronze.tables import Table
from pipelines.config.listener import ConfigProvider
from pipelines.errors import BullionError
from pipelines.sources.evm_node.choices import chosen
from pipelines.sources.evm_node.clients import Clients
from pipelines.sources.evm_node.contract_reading import ContractReading
from pipelines.sources.evm_node.feeds import BLOCK_FEED
from pipelines.sources.evm_node.load_tables import REQUESTS, TABLES
from pipelines.sources.evm_node.source import connect
from pipelines.sources.evm_node.tables import CONTRACT_READS
from pipelines.upstream.budget import Precedence
from pipelines.upstream.clock import Clock, SystemClock
from pipelines.upstream.options import LoadOptions
from pipelines.upstream.request_log import RequestLog


class ContractSource:
    """Reads after history by default; its lock is its own, so no block waits for it.

    Raises:
        SetupError: the options name what is not configured.
    """

    name = "evm"

    def __init__(
        self,
        config: ConfigProvider,
        options: LoadOptions,
        *,
        clock: Clock | None = None,
        connect: Callable[[], warehouse.Connection] = connect,
    ) -> None:
        self.tables: Sequence[Table] = (BLOCK_FEED.table, *TABLES)
        self.failures: list[Exception] = []
        self._chains = chosen(config.current, options)
        self._precedence: Precedence = options.priority or "history"
        self._clients = Clients(config, connect, clock or SystemClock())

    def lock_keys(self) -> Sequence[str]:
        """The chains whose contracts it reads."""
        return [f"{chain} {CONTRACT_READS.name}" for chain in self._chains]

    def resources(self) -> Sequence[Resource]:
        """A resource for each chain."""
        return [
            Resource(key, partial(self._guarded, chain))
            for key, chain in zip(self.lock_keys(), self._chains, strict=True)
        ]

    def _guarded(self, chain: str) -> Iterator[Rows]:
        """The rows; what goes wrong with a chain is kept, and ends it alone."""
        log: RequestLog = []
        try:
            clients = self._clients.of(chain, self._precedence)
            with self._clients.connect() as connection:
                yield from ContractReading(chain, clients, connection, log).rows()
        except BullionError as error:
            self.failures.append(error)
        if log:
            yield Rows.of(REQUESTS, log)
        self._clients.close(chain)
