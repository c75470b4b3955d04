"""The chains as the collector and the backfill use them."""

from collections.abc import Mapping, Sequence
from functools import cached_property, partial

from pipelines import warehouse
from pipelines.config.model import ChainChoice, Configuration, Since
from pipelines.errors import SetupError
from pipelines.settings import rpc_urls, rpc_urls_setting
from pipelines.sources.evm_node.chain_head import observed, usable
from pipelines.sources.evm_node.choices import is_collected
from pipelines.sources.evm_node.clients import Clients
from pipelines.sources.evm_node.endpoints import endpoints_of
from pipelines.sources.evm_node.feeds import BLOCK_FEED
from pipelines.sources.evm_node.fetch_processes import FetchProcesses
from pipelines.sources.evm_node.history_cost import blocks_of_a_chunk, cost, request_s
from pipelines.sources.evm_node.source import EvmSource
from pipelines.upstream.budget import share_of
from pipelines.upstream.clock import EndingClock
from pipelines.upstream.connector import Answered, Context, RequestRoute, Target
from pipelines.upstream.extents import by_count
from pipelines.upstream.feed import Extent, Key, SeriesId
from pipelines.upstream.options import LoadOptions
from pipelines.upstream.progress import Progress
from pipelines.upstream.request_log import RequestLog

LEAST_POLL_S = 1.0  # what a load takes: blocks that come faster share one


class EvmConnector:
    """The chains; clients stay connected from load to load."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._processes = FetchProcesses()

    def targets(
        self, configuration: Configuration
    ) -> Mapping[SeriesId, Target | SetupError]:
        """The chains that are collected, and those that have no endpoint."""
        return {
            (choice.chain, ""): _target(configuration, choice)
            for choice in configuration.chains.values()
            if choice.is_enabled
        }

    def is_collected(self, configuration: Configuration, key: Key) -> bool:
        """Whether the chain is enabled."""
        return is_collected(configuration, key)

    def now(self, scope: str) -> int:
        """The number after the chain's newest block.

        Raises:
            SetupError: there is no such chain, or it has no endpoint.
            UpstreamError: none of its endpoints answers.
        """
        log: RequestLog = []
        clients = usable(self._clients.of(scope, "live"), log)
        latest = observed(clients, log, is_needed=True).latest
        return latest.block_number + 1 if latest else 0

    def route(self, key: Key) -> RequestRoute | None:
        """How the first endpoint gives history; a chunk ends by its bytes."""
        config = self._context.config.current
        endpoint, *_ = endpoints_of(config, key.scope)
        with _connect() as connection:
            size = blocks_of_a_chunk(connection, key.scope)
        return RequestRoute(
            endpoint.name,
            request_s(endpoint, share_of(config, key.scope)),
            partial(by_count, size),
            page=max(1, endpoint.choice.batch_size // 2),  # and as many receipts
            name="rpc",
            cost=partial(cost, endpoint),
        )

    def live(
        self, targets: Sequence[Target], *, goes_first: bool, answered: Answered
    ) -> EvmSource:
        """What is new of these chains."""
        return EvmSource(
            self._context.config,
            live=[target.scope for target in targets],
            goes_first=goes_first,
            tasks=self._context.tasks,
            clients=self._clients,
            processes=self._processes,
            answered=answered,
        )

    def history(self, key: Key, extent: Extent, progress: Progress) -> EvmSource:
        """The blocks of an extent."""
        options = LoadOptions(
            scopes=[key.scope],
            first=extent.start,
            end=extent.end,
            priority="history",
        )
        return EvmSource(
            self._context.config,
            options,
            progress=progress,
            tasks=self._context.tasks,
            clients=self._clients,
            processes=self._processes,
        )

    def close(self) -> None:
        """Close the connections, and end the processes."""
        self._clients.close()
        self._processes.close()

    @cached_property
    def _clients(self) -> Clients:
        clock = EndingClock(self._context.tasks.ending)
        return Clients(self._context.config, _connect, clock)


def check(table: str, key: Sequence[str], configuration: Configuration) -> None:
    """Raises SetupError where an endpoint has no address."""
    if table != "chain_endpoints":
        return
    for row in configuration.chain_endpoints:
        is_meant = (row.chain, row.endpoint) == tuple(key)
        if is_meant and row.is_enabled and row.list_position > len(rpc_urls(row.chain)):
            raise SetupError(
                f"{row.chain}/{row.endpoint}: {rpc_urls_setting(row.chain)} has no"
                f" address {row.list_position}"
            )


def _target(config: Configuration, choice: ChainChoice) -> Target | SetupError:
    try:
        endpoints_of(config, choice.chain)
    except SetupError as error:
        return error
    feeds = (BLOCK_FEED.name,)
    return Target(
        source=EvmSource.name,
        scope=choice.chain,
        subject="",
        feeds=feeds,
        live=feeds,
        since=Since(number=choice.since_block),
        priority="live",
        every_s=max(LEAST_POLL_S, choice.block_time_s),
        choice=choice,
    )


def _connect() -> warehouse.Connection:
    return warehouse.connect("loader", warehouse.process_name("evm requests"))
