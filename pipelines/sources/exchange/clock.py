"""Our own clock, for durations and for when we heard; never for what has closed."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the client asks of time."""

    def now(self) -> datetime:
        """Wall time, UTC: stamps `received_at` and nothing else."""
        ...

    def monotonic(self) -> float:
        """Seconds that only go forward."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Wall time, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that only go forward."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
