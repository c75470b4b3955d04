"""A size that follows what an endpoint bears: halved when refused, grown slowly."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

FIRST = 10  # calls of a request, until the endpoint has borne more
STEP = 10  # so many full requests double it
PATIENCE = 100  # full requests before what was refused is tried again
BYTES = 8 << 20  # of an answer: a larger one keeps memory, and is lost as a whole


class AdaptiveSize:
    """How many calls a request has. Threads may share it."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._size = float(min(most, FIRST))
        self._borne = float(most)  # beyond it a request was refused
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """So many now."""
        return min(int(self._size), self.most)

    def refused(self, count: int) -> None:
        """A request of so many was too much."""
        with self._lock:
            self._size = max(1.0, min(self._size, count / 2))
            self._borne = max(1.0, count - 1.0)

    def answered(self, count: int, bytes_count: int) -> None:
        """A request of so many was answered; a full one lets the next be larger."""
        if bytes_count > BYTES and count > 1:
            self.refused(count)
            return
        with self._lock:
            if count < int(self._size):
                return
            if self._size >= self._borne:
                self._borne += 1 / PATIENCE
            grown = self._size + max(1.0, self._size / STEP)
            self._size = min(self.most, self._borne, grown)


class Slots:
    """How many requests may be under way. Threads wait for their turn."""

    def __init__(self, most: int) -> None:
        self._size = AdaptiveSize(most)
        self._running = 0
        self._free = threading.Condition()

    @property
    def size(self) -> int:
        """So many now."""
        return self._size.size

    @contextmanager
    def one(self) -> Iterator[None]:
        """A request, once it is its turn."""
        with self._free:
            self._free.wait_for(lambda: self._running < self.size)
            self._running += 1
        try:
            yield
        finally:
            with self._free:
                self._running -= 1
                self._free.notify_all()

    def refused(self) -> None:
        """It was too much at once."""
        self._size.refused(self.size)

    def answered(self) -> None:
        """A request was answered."""
        self._size.answered(self._running, 0)
