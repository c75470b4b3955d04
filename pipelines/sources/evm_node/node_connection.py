"""The requests to one endpoint: within budget and quota, each with a row of its own.

What is written of a request names the endpoint, and nothing of its address.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from pipelines.config.listener import ConfigProvider
from pipelines.sources.evm_node.adaptive_size import Slots
from pipelines.sources.evm_node.costs import Costs
from pipelines.sources.evm_node.endpoints import Endpoint
from pipelines.sources.evm_node.redaction import Redaction
from pipelines.sources.evm_node.rpc_errors import RpcError
from pipelines.sources.evm_node.rpc_request import Attempt, Call, send
from pipelines.upstream.budget import Budget
from pipelines.upstream.clock import Clock
from pipelines.upstream.request_log import RequestLog

if TYPE_CHECKING:  # web3 takes two seconds to import
    from pipelines.sources.evm_node.node_provider import NodeProvider, NodeSession

REQUESTS_AT_ONCE = 4  # of an endpoint by a process: one is read while others come
PAUSE_S = 2.0  # after a refusal for the rate that asks for no pause


class NodeConnection:
    """Sends requests to an endpoint. Threads may share it.

    Its timeout is the one that counts at each request.

    Attributes:
        slots: how many requests may be under way.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        budget: Budget,
        costs: Costs,
        clock: Clock,
        config: ConfigProvider,
        *,
        requests_at_once: int = REQUESTS_AT_ONCE,
    ) -> None:
        self.endpoint = endpoint
        self.clock = clock
        self.config = config
        self.costs = costs
        self.slots = Slots(requests_at_once)
        self.redacted = Redaction(endpoint.url)
        self._budget = budget

    def send(self, calls: Sequence[Call], number: int, log: RequestLog) -> Attempt:
        """Send calls of one method as one request, once it may be sent.

        Raises:
            UpstreamError: the endpoint may not be asked now, or its quota is spent.
        """
        method, many = calls[0].method, len(calls)
        with self.slots.one():
            self._budget.acquire(**self.endpoint.weights(method, many))
            self.costs.spend(method, many)
            attempt = send(
                self._provider,
                self._session,
                calls,
                number=number,
                clock=self.clock,
                redacted=self.redacted,
            )
        log.append(self._row(attempt, method, many))
        self.costs.received(method, attempt.bytes_count)
        if attempt.failure is None:
            self._budget.succeeded()
            self.slots.answered()
        return attempt

    def report(self, failure: RpcError) -> None:
        """Let every process know that the endpoint refused, or did not answer."""
        if failure.meaning == "quota":
            reason = f"quota spent: {failure.message}"
            self._budget.pause(_until_tomorrow_s(), reason)
        elif failure.meaning == "rate":
            self.slots.refused()
            self._budget.pause(failure.retry_after_s or PAUSE_S, failure.message)
        else:
            self.slots.refused()
            self._budget.failed(failure.message)

    def close(self) -> None:
        """Close the connections."""
        self._budget.close()
        self.costs.close()
        if "_session" in self.__dict__:
            self._session.close()

    def _row(self, attempt: Attempt, method: str, many: int) -> dict[str, object]:
        row = attempt.log_row(
            self.endpoint.chain.chain,
            self.endpoint.name,
            None,
            ended=self.clock.monotonic(),
            status=attempt.status,
            bytes_count=attempt.bytes_count,
            weight=self.endpoint.units(method, many),
        )
        return {**row, "method": method, "calls_count": many}

    def _timeout_s(self) -> float:
        return self.config.current.thresholds.request_timeout_seconds

    @cached_property
    def _session(self) -> "NodeSession":
        from pipelines.sources.evm_node import node_provider  # noqa: PLC0415

        return node_provider.NodeSession(self.endpoint.url, self._timeout_s)

    @cached_property
    def _provider(self) -> "NodeProvider":
        from pipelines.sources.evm_node import node_provider  # noqa: PLC0415

        return node_provider.NodeProvider(self.endpoint.origin, self._session)


def _until_tomorrow_s() -> float:
    """Until quotas are full again: the next UTC day."""
    now = datetime.now(UTC)
    tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0)
    return (tomorrow - now).total_seconds()
