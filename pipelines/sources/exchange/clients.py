"""The clients of the venues' markets: one for each precedence, made when asked."""

import threading
from collections.abc import Callable

from pipelines.config.listener import ConfigProvider
from pipelines.sources.exchange.client import VenueClient
from pipelines.sources.exchange.routes import VenueSpec
from pipelines.upstream.budget import Budget, Precedence, SharedBudget, Unlimited
from pipelines.upstream.clock import Clock
from pipelines.upstream.upstream_clock import UpstreamClock
from pipelines.warehouse import Connection


class Clients:
    """Clients that the threads of a load share, or the loads of a process.

    Kept from load to load, they keep their connections and the venue's clock.
    """

    def __init__(
        self,
        config: ConfigProvider,
        connect: Callable[[], Connection],
        clock: Clock,
        *,
        is_unlimited: bool = False,
    ) -> None:
        self.clock = clock
        self.connect = connect
        self._config = config
        self._is_unlimited = is_unlimited
        self._made: dict[tuple[str, Precedence], VenueClient] = {}
        self._times: dict[str, UpstreamClock] = {}
        self._lock = threading.Lock()

    def of(self, spec: VenueSpec, precedence: Precedence) -> VenueClient:
        """The market's client for requests of this precedence.

        Raises:
            SetupError: the venue is not to be asked, or has no address.
        """
        key = (spec.budget_id, precedence)
        with self._lock:
            if key not in self._made:
                budget = self._budget(spec, precedence)
                time = self._times.setdefault(spec.budget_id, UpstreamClock(self.clock))
                self._made[key] = VenueClient(
                    spec, budget, self.clock, self._config, time
                )
            return self._made[key]

    def close(self, budget_id: str | None = None) -> None:
        """Close the market's clients; None: all."""
        with self._lock:
            keys = [key for key in self._made if budget_id in {None, key[0]}]
            for client in [self._made.pop(key) for key in keys]:
                client.close()

    def _budget(self, spec: VenueSpec, precedence: Precedence) -> Budget:
        if self._is_unlimited:
            return Unlimited()
        return SharedBudget(
            spec.budget_name,
            spec.exchange_id,
            spec.shared_limits,
            config=self._config,
            precedence=precedence,
            connect=self.connect,
            clock=self.clock,
        )
