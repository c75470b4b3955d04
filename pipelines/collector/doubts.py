"""What was loaded and may be wrong: each of it is told of once."""

from collections import deque
from collections.abc import Iterable

MOST = 1000  # what was told of before the newest may be told of again


class Doubts:
    """What was told of, the newest of it."""

    def __init__(self) -> None:
        self._told: deque[str] = deque(maxlen=MOST)

    def new(self, reasons: Iterable[str]) -> list[str]:
        """Those that nobody was told of; they count as told from now on."""
        new = [one for one in dict.fromkeys(reasons) if one not in self._told]
        self._told.extend(new)
        return new
