"""The tasks that run in this process, one a series and feed, and when they end."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class RunningTasks:
    """Which tasks run, by name. Threads share it; tasks look after each page.

    Attributes:
        ending: set: every task ends after its current page.
        ended: called with the name of each task that has ended, in its thread.
    """

    def __init__(self, ended: Callable[[str], None] = lambda _: None) -> None:
        self.ending = threading.Event()
        self.ended = ended
        self._running: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def one(self, name: str) -> Iterator[None]:
        """Count as running while the block runs."""
        with self._lock:
            self._running[name] += 1
        try:
            yield
        finally:
            with self._lock:
                self._running[name] -= 1
                self._running += Counter()  # forgets those at zero
            self.ended(name)

    def names(self) -> set[str]:
        """The tasks that run now."""
        with self._lock:
            return set(self._running)
