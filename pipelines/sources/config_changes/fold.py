"""The fold: what a table held, by its changes.

The result depends on the set of changes alone: in any order and in any batches, and
with any of them delivered again, it is the same; of a change that was, its first place
in the topic counts. Where a row's last change stands before a whole snapshot that does
not hold the row, it vanished unseen.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate

from pipelines.sources.config_changes.envelope import Row
from pipelines.sources.config_changes.event import (
    LAST_OF_ALL,
    LAST_OF_TABLE,
    ChangeEvent,
    Identity,
    Order,
)

# its transaction, or its LSN where it has none
Snapshot = tuple[int | None, int | None]
NOWHERE: Order = (-1, 0, 0, -1, -1, -1)
NEVER = 1 << 63  # later than any offset


class EffectiveLsns:
    """Where changes of one table stand beside what snapshots read.

    A transaction that is open while a snapshot is taken has its changes in the log
    before it, and commits, and is streamed, after it: within one topic, what was
    streamed after a snapshot's rows stands after it. `placed.sql` says the same of what
    bronze holds. Of each change its first delivery counts.
    """

    def __init__(self, changes: Iterable[ChangeEvent]) -> None:
        self._reads: dict[int, tuple[int, int]] = {}
        for read in changes:
            if read.op == "r":
                first = self._reads.get(read.lsn, (NEVER, NEVER))
                self._reads[read.lsn] = (
                    min(first[0], read.offset),
                    min(first[1], read.captured_at_us or 0),
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
        """Whether a snapshot came first; a log that was cut gives offsets anew."""
        offset, captured_at_us = self._reads[lsn]
        at_us = event.captured_at_us
        return offset < event.offset and (at_us is None or captured_at_us <= at_us)


@dataclass(frozen=True, slots=True)
class Folded:
    """The last change of each key, and after which place rows have to stand.

    `emptied`: the last truncation, `snapshot`: the newest whole snapshot's beginning.
    """

    last: Mapping[str, tuple[Order, ChangeEvent]]
    emptied: Order
    snapshot: Order

    def standing(self, floor: Order) -> Iterator[tuple[str, Order, ChangeEvent, Row]]:
        """The keys that were not deleted, neither before `floor`."""
        for key, (order, event) in self.last.items():
            if event.op != "d" and event.after is not None and order >= floor:
                yield key, order, event, event.after


class Fold:
    """The rows of one table, by key."""

    def __init__(self) -> None:
        self._changes: dict[Identity, ChangeEvent] = {}
        self._settled: set[Snapshot] = set()
        self._folded: Folded | None = None

    def take(self, events: Iterable[ChangeEvent]) -> None:
        """Fold changes in; any of them may have been taken before."""
        for event in events:
            earlier = self._changes.get(event.identity)
            if earlier is None or event.offset < earlier.offset:
                self._changes[event.identity] = event
                self._folded = None

    def settle(self) -> None:
        """Take it that the newest snapshot was read whole, marked so or not.

        For an input that has an end, as a file.
        """
        begins, _ = _snapshots(self._changes.values())
        if begins:
            self._settled.add(max(begins, key=lambda name: begins[name]))
            self._folded = None

    def rows(self) -> Iterator[tuple[str, Row]]:
        """Every row that stands, with its key, in no particular order."""
        folded = self._fold()
        floor = max(folded.snapshot, folded.emptied)
        return ((key, row) for key, _, _, row in folded.standing(floor))

    def deleted(self) -> set[str]:
        """The keys whose rows do not stand any more."""
        return set(self._fold().last) - {key for key, _ in self.rows()}

    def vanished(self) -> Iterator[ChangeEvent]:
        """The deletes that the newest whole snapshot implies."""
        folded = self._fold()
        for key, order, event, row in folded.standing(folded.emptied):
            if order < folded.snapshot:
                yield inferred_delete(key, row, event, folded.snapshot[0])

    def _fold(self) -> Folded:
        if self._folded is None:
            self._folded = _folded(list(self._changes.values()), self._settled)
        return self._folded


def _folded(changes: list[ChangeEvent], settled: set[Snapshot]) -> Folded:
    effective = EffectiveLsns(changes)
    last: dict[str, tuple[Order, ChangeEvent]] = {}
    emptied = NOWHERE
    for event in changes:
        order = event.order(effective.of(event))
        if event.op == "t":
            emptied = max(emptied, order)
        elif event.row_key is not None:
            newest = last.get(event.row_key)
            if newest is None or order > newest[0]:
                last[event.row_key] = (order, event)
    begins, finished = _snapshots(changes)
    whole = (begins[name] for name in finished | settled)
    return Folded(last, emptied, (max(whole, default=-1), *NOWHERE[1:]))


def _snapshots(
    changes: Iterable[ChangeEvent],
) -> tuple[Mapping[Snapshot, int], set[Snapshot]]:
    """Where each begins, and which were read to their end."""
    begins: dict[Snapshot, int] = {}
    finished: set[Snapshot] = set()
    for event in changes:
        if event.is_of_snapshot:
            name = snapshot_of(event)
            begins[name] = min(begins.get(name, event.lsn), event.lsn)
            if event.snapshot in (LAST_OF_ALL, LAST_OF_TABLE):
                finished.add(name)
    return begins, finished


def snapshot_of(event: ChangeEvent) -> Snapshot:
    """Which snapshot read it: all rows of one are read by one transaction."""
    if event.transaction_id is None:
        return None, event.lsn
    return event.transaction_id, None


def inferred_delete(key: str, row: Row, last: ChangeEvent, lsn: int) -> ChangeEvent:
    """The delete of a row that a snapshot at `lsn` did not find any more."""
    return replace(
        last,
        op="d",
        row_key=key,
        before=row,
        after=None,
        lsn=lsn,
        position=None,
        transaction_id=None,
        snapshot=None,
        offset=-1,
        is_inferred=True,
    )
