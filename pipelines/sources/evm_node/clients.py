"""The clients of chains' endpoints: one for each precedence, made when asked."""

import threading
from collections.abc import Callable, Sequence

from pipelines.config.listener import ConfigProvider
from pipelines.sources.evm_node.costs import Costs, Free, SharedCosts
from pipelines.sources.evm_node.endpoints import Endpoint, endpoints_of
from pipelines.sources.evm_node.node_client import NodeClient
from pipelines.sources.evm_node.node_connection import (
    REQUESTS_AT_ONCE,
    NodeConnection,
)
from pipelines.upstream.budget import Budget, Precedence, SharedBudget, Unlimited
from pipelines.upstream.clock import Clock
from pipelines.warehouse import Connection


class Clients:
    """Clients that the threads of a load share, or the loads of a process.

    Kept from load to load, they keep their connections, and what they have learnt of
    the sizes that an endpoint bears. One whose row changed is made anew.

    `processes_count`: so many share the requests that may be under way at once.
    """

    def __init__(
        self,
        config: ConfigProvider,
        connect: Callable[[], Connection],
        clock: Clock,
        *,
        is_unlimited: bool = False,
        processes_count: int = 1,
    ) -> None:
        self.connect = connect
        self._clock = clock
        self._config = config
        self.is_unlimited = is_unlimited
        self._slots = max(1, REQUESTS_AT_ONCE // processes_count)
        self._made: dict[tuple[str, Precedence], NodeClient] = {}
        self._lock = threading.Lock()

    def of(self, chain: str, precedence: Precedence) -> Sequence[NodeClient]:
        """The chain's clients for requests of this precedence, in their order.

        Raises:
            SetupError: the chain is unknown, or has no address that may be asked.
        """
        endpoints = endpoints_of(self._config.current, chain)
        with self._lock:
            return [self._of(endpoint, precedence) for endpoint in endpoints]

    def close(self, chain: str | None = None) -> None:
        """Close the chain's clients; None: all."""
        with self._lock:
            for key, client in list(self._made.items()):
                if chain in {None, client.endpoint.chain.chain}:
                    del self._made[key]
                    client.close()

    def _of(self, endpoint: Endpoint, precedence: Precedence) -> NodeClient:
        key = (endpoint.origin, precedence)
        made = self._made.get(key)
        if made is not None and made.endpoint != endpoint:
            made.close()  # who uses it still has its connections opened anew
            made = None
        if made is None:
            made = self._made[key] = NodeClient(self._connection(endpoint, precedence))
        return made

    def _connection(self, endpoint: Endpoint, precedence: Precedence) -> NodeConnection:
        budget: Budget = Unlimited()
        costs: Costs = Free()
        if not self.is_unlimited:
            budget = SharedBudget(
                endpoint.origin,
                endpoint.chain.chain,
                endpoint.limits,
                config=self._config,
                precedence=precedence,
                connect=self.connect,
                clock=self._clock,
            )
            costs = SharedCosts(endpoint, self.connect)
        return NodeConnection(
            endpoint,
            budget,
            costs,
            self._clock,
            self._config,
            requests_at_once=self._slots,
        )
