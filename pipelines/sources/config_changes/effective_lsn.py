"""Where a change stands beside what snapshots read.

A transaction that is open while a snapshot is taken has its changes in the log before
it, and commits, and is told, after it: within one topic, what was streamed after a
snapshot's rows stands after it. `placed.sql` says the same of what bronze holds.
"""

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate

from pipelines.sources.config_changes.event import ChangeEvent

NEVER = 1 << 63  # later than any offset


class EffectiveLsns:
    """Of the changes of one table, each as it was first delivered."""

    def __init__(self, changes: Iterable[ChangeEvent]) -> None:
        self._reads: dict[int, tuple[int, int]] = {}
        for read in changes:
            if read.op == "r":
                known = self._reads.get(read.lsn, (NEVER, NEVER))
                self._reads[read.lsn] = (
                    min(known[0], read.offset),
                    min(known[1], read.captured_at_us or 0),
                )
        self._lsns = sorted(self._reads)
        offsets = [self._reads[lsn][0] for lsn in reversed(self._lsns)]
        # the lowest offset of each LSN's snapshot and of all later ones
        self._lowest = [*reversed(list(accumulate(offsets, min))), NEVER]

    def of(self, event: ChangeEvent) -> int:
        """Its LSN, or that of the last snapshot before it."""
        if event.op == "r" or event.is_inferred:
            return event.lsn
        later = bisect_right(self._lsns, event.lsn)
        if self._lowest[later] >= event.offset:
            return event.lsn
        return max(
            (lsn for lsn in self._lsns[later:] if self._precedes(lsn, event)),
            default=event.lsn,
        )

    def _precedes(self, lsn: int, event: ChangeEvent) -> bool:
        """Whether a snapshot was told first; a log that was cut gives offsets anew."""
        offset, captured_at_us = self._reads[lsn]
        at_us = event.captured_at_us
        return offset < event.offset and (at_us is None or captured_at_us <= at_us)
