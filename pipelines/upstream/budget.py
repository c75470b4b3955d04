"""The request budget of an upstream, shared by every process on the warehouse.

The state is `ops.request_budgets` and `ops.request_limits`;
`sql/bootstrap/040_request_budget.sql` holds the rules. A process asks before each
request; the answer is how long it waits.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, LiteralString, Protocol
from uuid import uuid4

import psycopg

from pipelines.config.listener import ConfigProvider
from pipelines.config.model import Configuration, Priority, Thresholds
from pipelines.errors import UpstreamError
from pipelines.upstream.clock import Clock
from pipelines.warehouse import Connection

Precedence = Literal["first", Priority]  # first: a series that has nothing yet

DEFAULT_SHARE = 0.9  # of the limits of an upstream that is asked for but not configured
RESERVE_SHARE = 0.25  # of the capacity, which history leaves to live
LONGEST_SLEEP_S = 5.0  # then it asks again: a pause may have been lifted

ACQUIRE: LiteralString = (
    "select wait_ms, reason, failures_count, last_failure"
    " from ops.acquire_request_budget("
    "%s, %s::text[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric, %s, %s)"
)


@dataclass(frozen=True)
class Limit:
    """What an upstream allows one address: `weight` in any window of `window_s`.

    `burst` is how much of it may be spent at once; the rest flows evenly, so that no
    window of that length, wherever it starts, holds more than `weight`. `percent`: the
    threshold that says which part of it may be spent; None: all.
    """

    weight: int
    window_s: int
    burst: int
    percent: str | None = None

    def per_second(self, share: float) -> float:
        """How fast a spent burst comes back, for this share of the limit."""
        return (self.weight - self.burst) * share / self.window_s

    @property
    def per_minute(self) -> int:
        """How much of it the upstream allows in a minute, on average."""
        return self.weight * 60 // self.window_s

    def capacity(self, share: float) -> float:
        """How much may be spent at once, for this share of the limit."""
        return self.burst * share


class Budget(Protocol):
    """What a client asks before each request, and reports to after it."""

    def acquire(self, **weights: int) -> None:
        """Return when a request may be sent that weighs so much of each named limit.

        Raises:
            UpstreamError: the upstream is paused for longer than our patience, or its
                circuit is open.
        """
        ...

    def pause(self, seconds: float, reason: str) -> None:
        """The upstream asked for a pause."""
        ...

    def failed(self, reason: str) -> None:
        """The request was not answered."""
        ...

    def succeeded(self) -> None:
        """The request was answered."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class Unlimited:
    """No budget: for an upstream of one's own, such as a benchmark's sandbox."""

    def acquire(self, **weights: int) -> None:
        """Return at once."""

    def pause(self, seconds: float, reason: str) -> None:
        """Do nothing."""

    def failed(self, reason: str) -> None:
        """Do nothing."""

    def succeeded(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


def share_of(config: Configuration, scope: str) -> float:
    """Our share of the limits of a venue, or of a chain's endpoints."""
    choice = config.exchanges.get(scope) or config.chains.get(scope)
    return choice.budget_share if choice else DEFAULT_SHARE


def part_of(thresholds: Thresholds, limit: Limit) -> float:
    """Which part of the limit may be spent, more than none and at most all."""
    if limit.percent is None:
        return 1.0
    return min(max(int(getattr(thresholds, limit.percent)), 1), 100) / 100


class SharedBudget:
    """An upstream's budget in the warehouse. Threads may share one; it holds no lock.

    Pauses and the circuit hold for all of its limits.

    Share, patience and the circuit's thresholds are those that count when it is asked.
    """

    def __init__(
        self,
        name: str,
        scope: str,
        limits: Mapping[str, Limit],
        *,
        config: ConfigProvider,
        precedence: Precedence,
        connect: Callable[[], Connection],
        clock: Clock,
    ) -> None:
        self._name = name
        self._scope = scope
        self._limits = limits
        self._config = config
        self._precedence = precedence
        self._connect = connect
        self._clock = clock
        self._connection: Connection | None = None
        self._lock = threading.Lock()
        self._has_failures = False

    def acquire(self, **weights: int) -> None:
        """As `Budget.acquire`; the error says when it may be asked again."""
        waiter = uuid4().hex
        waited_s = 0.0
        while True:
            wait_ms, reason, failures, last = self._ask(weights, waiter)
            self._has_failures = failures > 0
            if wait_ms == 0:
                return
            wait_s = wait_ms / 1000
            if reason == "circuit open":
                raise UpstreamError(
                    f"{self._name}: not asked, {failures} requests in a row failed"
                    f" (last: {last}); it is tried again in {wait_s:.0f} s"
                )
            patience_s = self._config.current.thresholds.patience_seconds
            if reason.startswith("paused") and waited_s + wait_s > patience_s:
                raise UpstreamError(
                    f"{self._name}: {reason}; it may be asked again in {wait_s:.0f} s"
                )
            slept = min(wait_s, LONGEST_SLEEP_S)
            self._clock.sleep(slept)
            waited_s += slept if reason.startswith("paused") else 0

    def pause(self, seconds: float, reason: str) -> None:
        """No process asks the upstream for `seconds`."""
        self._run("select ops.pause_requests(%s, %s::numeric, %s)", seconds, reason)

    def failed(self, reason: str) -> None:
        """Count a failure; enough in a row open the circuit."""
        thresholds = self._config.current.thresholds
        self._has_failures = True
        self._run(
            "select ops.report_request_failure(%s, %s, %s, %s)",
            reason,
            thresholds.breaker_failures,
            thresholds.breaker_cool_down_seconds,
        )

    def succeeded(self) -> None:
        """Close the circuit; asks the warehouse only if there were failures."""
        if self._has_failures:
            self._has_failures = False
            self._run("select ops.report_request_success(%s)")

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _ask(
        self, weights: Mapping[str, int], waiter: str
    ) -> tuple[int, str, int, str | None]:
        config = self._config.current
        limits = [self._limits[name] for name in weights]
        shares = [
            share_of(config, self._scope) * part_of(config.thresholds, limit)
            for limit in limits
        ]
        row = self._run(
            ACQUIRE,
            list(weights),
            list(weights.values()),
            [
                limit.per_second(share)
                for limit, share in zip(limits, shares, strict=True)
            ],
            [
                limit.capacity(share)
                for limit, share in zip(limits, shares, strict=True)
            ],
            RESERVE_SHARE,
            self._precedence,
            waiter,
        )
        return int(row[0]), str(row[1]), int(row[2]), row[3]

    def _run(self, query: LiteralString, *values: object) -> tuple[Any, ...]:
        try:
            with self._lock:
                if self._connection is None or self._connection.closed:
                    self._connection = self._connect()
                    # a grant lost in a crash of the server is soon made good; an
                    # fsync for each request would cost more than the request
                    self._connection.execute("set synchronous_commit = off")
                cursor = self._connection.execute(query, (self._name, *values))
                return cursor.fetchone() or ()
        except psycopg.OperationalError as error:
            raise UpstreamError(f"the warehouse did not answer: {error}") from error
