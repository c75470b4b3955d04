"""Which changes of a log follow each other, and which were delivered again.

A change with a position in its transaction says so itself. Without positions, the
changes of a transaction stand together in the log, in their order: one that comes again
after another transaction's was delivered again, and so was one that can not follow the
change before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pipelines.sources.config_changes.event import ChangeEvent

# a create like an earlier one is where a delivery begins again
PRECEDED_BY: Mapping[str, tuple[str, ...]] = {"c": (), "u": ("c", "u"), "d": ("c", "u")}


@dataclass
class Run:
    """The changes of a row at one place of the source, and how far they were read."""

    places: dict[str, int] = field(default_factory=dict)  # the first of each content
    contents: list[str] = field(default_factory=list)
    last: ChangeEvent | None = None
    read: int = 0
    visit: int = 0

    def place(self, event: ChangeEvent) -> int:
        """Which of them a change is; one that was not read before is the next."""
        content, earlier = event.content, self.places.get(event.content)
        if self.read < len(self.contents) and self.contents[self.read] == content:
            earlier = self.read
        elif earlier is not None and self._is_next(event):
            earlier = None
        if earlier is None:
            earlier = len(self.contents)
            self.contents.append(content)
            self.places.setdefault(content, earlier)
            self.last = event
        self.read = earlier + 1
        return earlier

    def _is_next(self, event: ChangeEvent) -> bool:
        """Whether a change that is equal to an earlier one can follow the last."""
        last = self.last
        if last is None or self.read < len(self.contents):
            return False
        if event.content == last.content or last.op not in PRECEDED_BY[event.op]:
            return False
        before, after = event.before or {}, last.after or {}
        return all(after.get(name) == value for name, value in before.items())


class Deliveries:
    """Numbers the changes of a log that have no position, as they come."""

    def __init__(self) -> None:
        self._runs: dict[tuple[int, int | None, str | None], Run] = {}
        self._transaction: tuple[int | None, int | None] = (None, None)
        self._visit = 0

    def numbered(self, event: ChangeEvent) -> ChangeEvent:
        """The change, with its place among those that nothing else tells apart."""
        id_, lsn = event.transaction_id, event.lsn
        transaction = (id_, None if id_ is not None else lsn)
        self._visit += transaction != self._transaction
        self._transaction = transaction
        if event.position is not None or event.op not in PRECEDED_BY:
            return event
        run = self._runs.setdefault((lsn, id_, event.row_key), Run())
        if run.visit != self._visit:
            run.visit, run.read = self._visit, 0
        return replace(event, occurrence=run.place(event))
