"""A process that fetches blocks for a load: `python -m … FD`, a pipe's end.

It takes an order, gives each group of blocks with its span and `None` after the last,
and takes the next order, until nobody holds the pipe's other end.
"""

import gc
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from pipelines import warehouse
from pipelines.config.model import Configuration
from pipelines.errors import BullionError
from pipelines.sources.evm_node.clients import Clients
from pipelines.sources.evm_node.endpoints import chain_of
from pipelines.sources.evm_node.fetching import BlockFetcher, Fetched
from pipelines.sources.evm_node.lookahead import Lookahead
from pipelines.upstream.budget import Precedence
from pipelines.upstream.clock import SystemClock
from pipelines.upstream.feed import Span

# Answers have no cycles. To look for some each 700 new objects, as Python does, takes
# some 6 of 59 µs a transaction (blocks of 40 transactions and logs, on an Intel Xeon).
NEW_OBJECTS = 100_000


@dataclass(frozen=True)
class Order:
    """Which blocks to fetch, and how.

    Attributes:
        endpoints: the names of those that may be asked.
        processes_count: how many share the requests that may be under way at once.
    """

    configuration: Configuration
    chain: str
    endpoints: Sequence[str]
    precedence: Precedence
    spans: Sequence[Span]
    is_unlimited: bool = False
    processes_count: int = 1


class FetchProcess:
    """What a process keeps from order to order: connections, and what was learnt."""

    current: Configuration
    _clients: Clients | None = None

    def groups(self, order: Order) -> Iterator[tuple[Span, Fetched]]:
        """The blocks of an order, in its order."""
        self.current = order.configuration
        if self._clients is None:
            self._clients = Clients(
                self,
                _connect,
                SystemClock(),
                is_unlimited=order.is_unlimited,
                processes_count=order.processes_count,
            )
        clients = [
            client
            for client in self._clients.of(order.chain, order.precedence)
            if client.endpoint.name in order.endpoints
        ]
        level = chain_of(self.current, order.chain).proof_level
        yield from Lookahead(BlockFetcher(clients, level)).groups(order.spans)


def serve(pipe: "Connection[Any, Any]") -> None:
    """Fill orders until the pipe's other end is closed."""
    process = FetchProcess()
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            order: Order = pipe.recv()
            try:
                for group in process.groups(order):
                    pipe.send(group)
            except BullionError as error:
                pipe.send(error)
            else:
                pipe.send(None)


def main() -> None:
    """Serve the pipe whose descriptor is the first argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the load ends it
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)
    serve(Connection(int(sys.argv[1])))


def _connect() -> warehouse.Connection:
    return warehouse.connect("loader", warehouse.process_name("fetch evm"))


if __name__ == "__main__":
    main()
