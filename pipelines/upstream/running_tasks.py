"""The streams of series that run in this process, and whether they are to end."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Streams:
    """Who runs, by name. Threads share it; streams look after each page.

    Attributes:
        ending: set: every stream ends after its current page.
        ended: told of each stream that has ended, in its thread.
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
        """The streams that run now."""
        with self._lock:
            return set(self._running)
