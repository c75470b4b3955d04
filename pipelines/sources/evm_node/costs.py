"""What an endpoint costs, and what it lacks: `ops.chain_costs`, `ops.endpoint_lacks`.

The rules are in `sql/bootstrap/041_chain_costs.sql`; processes share them.
"""

import threading
from collections.abc import Callable
from typing import Any, LiteralString, Protocol

import psycopg

from pipelines.config.model import Lack
from pipelines.errors import UpstreamError
from pipelines.sources.evm_node.endpoints import Endpoint
from pipelines.warehouse import Connection

SPEND: LiteralString = (
    "select is_granted, day_left, month_left"
    " from ops.spend_chain_units(%s, %s, %s, %s, %s, %s, %s)"
)
RECEIVED: LiteralString = "select ops.note_chain_bytes(%s, %s, %s, %s)"
LACK: LiteralString = "select ops.note_endpoint_lack(%s, %s, %s, %s)"
LACKS: LiteralString = (
    "select lack from ops.endpoint_lacks where chain = %s and endpoint = %s"
    " and noted_at > now() - interval '7 days'"
)


class QuotaSpentError(UpstreamError):
    """A quota does not hold what a request would cost; it was not sent."""


class Costs(Protocol):
    """What a client asks before each request, and reports to after it."""

    def spend(self, method: str, calls: int) -> None:
        """Spend what so many calls of a method cost.

        Raises:
            QuotaSpentError: the quota of the day or the month does not hold it.
        """
        ...

    def received(self, method: str, bytes_count: int) -> None:
        """So many bytes were answered."""
        ...

    def lacks(self) -> set[str]:
        """What the endpoint was seen not to have."""
        ...

    def note_lack(self, lack: Lack, reason: str) -> None:
        """The endpoint was seen not to have it."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class Free:
    """Nothing is counted: for a node of one's own, such as a benchmark's."""

    def spend(self, method: str, calls: int) -> None:
        """Return at once."""

    def received(self, method: str, bytes_count: int) -> None:
        """Do nothing."""

    def lacks(self) -> set[str]:
        """Nothing is known."""
        return set()

    def note_lack(self, lack: Lack, reason: str) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class SharedCosts:
    """An endpoint's costs in the warehouse. Threads may share one."""

    def __init__(self, endpoint: Endpoint, connect: Callable[[], Connection]) -> None:
        self._endpoint = endpoint
        self._key = (endpoint.chain.chain, endpoint.name)
        self._connect = connect
        self._connection: Connection | None = None
        self._lock = threading.Lock()

    def spend(self, method: str, calls: int) -> None:
        """As `Costs.spend`; the error says when there is more."""
        choice, units = self._endpoint.choice, self._endpoint.units(method, calls)
        quotas = (choice.units_per_day, choice.units_per_month)
        ((granted, day, month),) = self._rows(SPEND, method, calls, units, *quotas)
        if not granted:
            left = {"day": day, "month": month}
            short = [f"{n:,} of the {w}" for w, n in left.items() if n is not None]
            raise QuotaSpentError(
                f"{self._endpoint.origin}: {calls} calls of {method} cost {units:,}"
                f" units, and there are {' and '.join(short)} left (UTC)"
            )

    def received(self, method: str, bytes_count: int) -> None:
        """So many bytes were answered."""
        self._rows(RECEIVED, method, bytes_count)

    def lacks(self) -> set[str]:
        """What the endpoint was seen not to have in the last week."""
        return {lack for (lack,) in self._rows(LACKS)}

    def note_lack(self, lack: Lack, reason: str) -> None:
        """The endpoint was seen not to have it."""
        self._rows(LACK, lack, reason)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _rows(self, query: LiteralString, *values: object) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                if self._connection is None or self._connection.closed:
                    self._connection = self._connect()
                    # an fsync for each request would cost more than the request
                    self._connection.execute("set synchronous_commit = off")
                return self._connection.execute(query, (*self._key, *values)).fetchall()
        except psycopg.OperationalError as error:
            raise UpstreamError(f"the warehouse did not answer: {error}") from error
