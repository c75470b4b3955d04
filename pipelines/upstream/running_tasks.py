"""The tasks that run in this process, one a key, and when they end."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pipelines.upstream.feed import Key


class RunningTasks:
    """Which tasks run, by key. Threads share it; tasks look after each page.

    Attributes:
        ending: set: every task ends after its current page.
        ended: called with the key of each task that has ended, in its thread.
    """

    def __init__(self, ended: Callable[[Key], None] = lambda _: None) -> None:
        self.ending = threading.Event()
        self.ended = ended
        self._running: Counter[Key] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def one(self, key: Key) -> Iterator[None]:
        """Count as running while the block runs."""
        with self._lock:
            self._running[key] += 1
        try:
            yield
        finally:
            with self._lock:
                self._running[key] -= 1
                self._running += Counter()  # forgets those at zero
            self.ended(key)

    def keys(self) -> set[Key]:
        """The tasks that run now."""
        with self._lock:
            return set(self._running)
