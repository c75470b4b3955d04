"""When each venue's next cycle is due: just after a minute's end, by the venue."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field


@dataclass
class Cycles:
    """A cycle of each venue every `every_s`, `after_s` past the round instant.

    A venue serves a minute's last candle a moment after the minute's end: `after_s`
    is that moment and what the clocks differ by.
    """

    every_s: float = 60.0
    after_s: float = 2.0
    now_s: Callable[[], float] = time.time
    _due: dict[str, float] = field(default_factory=dict)

    def venues(self, exchange_ids: Iterable[str]) -> None:
        """These venues have cycles; the first of a new one is due at once."""
        known = self._due
        self._due = {name: known.get(name, self.now_s()) for name in exchange_ids}

    def due(self) -> list[str]:
        """The venues whose cycle is to begin; each is due again an interval later."""
        now = self.now_s()
        found = [name for name, at in self._due.items() if at <= now]
        for name in found:
            self._due[name] = self.next_after(now)
        # a clock that was set back would let nothing begin for as long
        for name, at in self._due.items():
            self._due[name] = min(at, self.next_after(now))
        return found

    def next_after(self, now_s: float) -> float:
        """The first instant of the grid after `now_s`."""
        passed = (now_s - self.after_s) // self.every_s
        return (passed + 1) * self.every_s + self.after_s
