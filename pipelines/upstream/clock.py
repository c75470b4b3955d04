"""Our own clock, for durations and receipts; never for what has closed."""

import threading
import time
from datetime import UTC, datetime
from typing import Protocol

from pipelines.errors import EndedError


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


class EndingClock(SystemClock):
    """The machine's clock; nobody waits by it once the end is asked for."""

    def __init__(self, ending: threading.Event) -> None:
        self._ending = ending

    def sleep(self, seconds: float) -> None:
        """Wait.

        Raises:
            EndedError: the end was asked for.
        """
        if self._ending.wait(seconds):
            raise EndedError("stopped while it waited for the venue")
