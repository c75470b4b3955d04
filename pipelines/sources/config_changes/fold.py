"""The fold: what a table held, as its changes tell it.

The result depends on the set of changes alone: in any order and in any batches, and
with any of them delivered again, it is the same. Where a row's last change stands
before a whole snapshot that does not hold the row, it vanished while nobody watched.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pipelines.sources.config_changes.envelope import Row
from pipelines.sources.config_changes.event import (
    LAST_OF_ALL,
    LAST_OF_TABLE,
    ChangeEvent,
    Identity,
    Order,
)

Snapshot = tuple[
    int | None, int | None
]  # its transaction, or its LSN where it has none


@dataclass(frozen=True, slots=True)
class Standing:
    """The last change of a key; `identities` are those that share its place."""

    event: ChangeEvent
    order: Order
    row: Row | None
    identities: frozenset[Identity]


class Fold:
    """The rows of one table, by key."""

    def __init__(self) -> None:
        self._standing: dict[str, Standing] = {}
        self._snapshots: dict[Snapshot, int] = {}  # where each begins
        self._finished: set[Snapshot] = set()
        self._emptied: ChangeEvent | None = None

    def take(self, events: Iterable[ChangeEvent]) -> None:
        """Fold changes in; any of them may have been taken before."""
        for event in events:
            if event.op == "t":
                if self._emptied is None or event.order > self._emptied.order:
                    self._emptied = event
                continue
            if event.is_of_snapshot:
                self._note(event)
            if event.row_key is not None:
                row = None if event.op == "d" else event.after
                self._stand(event.row_key, event, row)

    def settle(self) -> None:
        """Take it that the newest snapshot was read whole, marked so or not.

        For an input that has an end, as a file.
        """
        if self._snapshots:
            self._finished.add(max(self._snapshots, key=lambda s: self._snapshots[s]))

    def rows(self) -> Iterator[tuple[str, Row]]:
        """Every row that stands, with its key, in no particular order."""
        floor = self._floor()
        for key, standing in self._standing.items():
            if standing.row is not None and standing.order >= floor:
                yield key, standing.row

    def deleted(self) -> set[str]:
        """The keys whose rows do not stand any more."""
        return set(self._standing) - {key for key, _ in self.rows()}

    def vanished(self) -> Iterator[ChangeEvent]:
        """The deletes that the newest whole snapshot implies."""
        floor = self._snapshot_floor()
        for key, standing in self._standing.items():
            if standing.row is None or standing.order >= floor:
                continue
            if self._emptied is None or standing.order > self._emptied.order:
                yield inferred_delete(key, standing.row, standing.event, floor[0])

    def _stand(self, key: str, event: ChangeEvent, row: Row | None) -> None:
        held = self._standing.get(key)
        if held is None or event.order[:3] > held.order[:3]:
            standing = Standing(event, event.order, row, frozenset((event.identity,)))
        elif event.order[:3] < held.order[:3] or event.identity in held.identities:
            return
        else:  # two changes of one key at one place: the offset decides
            later = max((held.order, held), (event.order, event), key=lambda p: p[0])[1]
            is_new = later is event
            standing = Standing(
                event if is_new else held.event,
                max(held.order, event.order),
                row if is_new else held.row,
                held.identities | {event.identity},
            )
        self._standing[key] = standing

    def _note(self, event: ChangeEvent) -> None:
        name = snapshot_of(event)
        begins = self._snapshots.get(name, event.lsn)
        self._snapshots[name] = min(begins, event.lsn)
        if event.snapshot in (LAST_OF_ALL, LAST_OF_TABLE):
            self._finished.add(name)

    def _snapshot_floor(self) -> Order:
        whole = [self._snapshots[name] for name in self._finished]
        return (max(whole, default=-1), 0, -1, -1)

    def _floor(self) -> Order:
        """What stands before it stands no more."""
        emptied = self._emptied.order if self._emptied else (-1, 0, -1, -1)
        return max(self._snapshot_floor(), emptied)


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
