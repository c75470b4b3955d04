"""When each scope's next cycle is due, and which refused series it leaves out."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from pipelines.collector.history import Pauses
from pipelines.upstream.feed import SeriesId


@dataclass
class Cycles:
    """A cycle of each scope every `every_s`, `after_s` past the round instant.

    A venue serves a minute's last candle a moment after the minute's end: `after_s`
    is that moment and what the clocks differ by. A scope that has something new more
    often has its cycles as often.
    """

    every_s: float = 60.0
    after_s: float = 2.0
    now_s: Callable[[], float] = time.time
    _due: dict[str, float] = field(default_factory=dict)
    _every: dict[str, float] = field(default_factory=dict)

    def scopes(self, every: Mapping[str, float | None]) -> None:
        """These scopes have cycles; the first of a new one is due at once."""
        due = self._due
        self._due = {name: due.get(name, self.now_s()) for name in every}
        self._every = {
            name: self.every_s if own is None else min(own, self.every_s)
            for name, own in every.items()
        }

    def due(self) -> list[str]:
        """The scopes whose cycle is to begin; each is due again an interval later."""
        now = self.now_s()
        due = [name for name, at in self._due.items() if at <= now]
        for name in due:
            self._due[name] = self.next_after(now, name)
        # a clock that was set back would let nothing begin for as long
        for name, at in self._due.items():
            self._due[name] = min(at, self.next_after(now, name))
        return due

    def next_after(self, now_s: float, name: str) -> float:
        """The first instant of the scope's grid after `now_s`."""
        every_s = self._every[name]
        passed = (now_s - self.after_s) // every_s
        return (passed + 1) * every_s + self.after_s


@dataclass
class Cooldowns:
    """Series that were refused rest, each time longer; `pauses` says how long."""

    pauses: Pauses
    _failures: dict[SeriesId, int] = field(default_factory=dict)
    _until: dict[SeriesId, float] = field(default_factory=dict)

    def begin(self, series: SeriesId) -> None:
        """It was refused, once more."""
        self._failures[series] = self._failures.get(series, 0) + 1
        pause_s = self.pauses.after(self._failures[series])
        self._until[series] = time.monotonic() + pause_s

    def end(self, series: Iterable[SeriesId]) -> None:
        """These were answered, or are configured otherwise."""
        for name in series:
            self._failures.pop(name, None)
            self._until.pop(name, None)

    def holds(self, series: SeriesId) -> bool:
        """Whether it is not to be tried yet."""
        return self._until.get(series, 0.0) > time.monotonic()
