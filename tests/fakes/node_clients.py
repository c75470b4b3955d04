"""Clients of a test's own node, with no warehouse behind them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr

from pipelines.config.listener import StaticConfig
from pipelines.config.model import ChainEndpointChoice
from pipelines.config.rows import configuration
from pipelines.settings import PROJECT_DIR
from pipelines.sources.evm_node.costs import Free
from pipelines.sources.evm_node.endpoints import Endpoint
from pipelines.sources.evm_node.node_client import NodeClient
from pipelines.sources.evm_node.node_connection import NodeConnection
from pipelines.upstream.budget import Unlimited

SEEDS = configuration(PROJECT_DIR / "seeds")


class Clock:
    """A clock by which nobody waits."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class Budget(Unlimited):
    """Notes what is reported."""

    def __init__(self) -> None:
        self.pauses: list[tuple[float, str]] = []
        self.failures: list[str] = []

    def pause(self, seconds: float, reason: str) -> None:
        self.pauses.append((seconds, reason))

    def failed(self, reason: str) -> None:
        self.failures.append(reason)


def client_of(
    url: str, *, attempts: int = 3, name: str = "main", **choice: Any
) -> tuple[NodeClient, Budget]:
    """A client of the node, and the budget that it reports to."""
    thresholds = replace(SEEDS.thresholds, attempts=attempts, request_timeout_seconds=2)
    config = StaticConfig(replace(SEEDS, thresholds=thresholds))
    row = ChainEndpointChoice("ethereum", name, **choice)
    endpoint = Endpoint(SEEDS.chains["ethereum"], row, SecretStr(url))
    budget = Budget()
    connection = NodeConnection(endpoint, budget, Free(), Clock(), config)
    return NodeClient(connection), budget
