"""Series that a venue refused rest, each time longer, before they are tried again."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from pipelines.collector.history import Pauses
from pipelines.collector.targets import SeriesId


@dataclass
class Cooldowns:
    """Which series rest; `pauses` says how long."""

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
