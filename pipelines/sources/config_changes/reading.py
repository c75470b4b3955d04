"""Messages of the config topics as a batch, by what their tables declare now."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby

from pipelines.config.declaration import Declaration
from pipelines.sources.config_changes.batch import (
    Batch,
    Landed,
    Message,
    Page,
    Place,
    Refused,
)
from pipelines.sources.config_changes.event import ChangeEvent, decoded

Declarations = Mapping[str, Declaration]


class Reading:
    """The topics `<prefix>.<schema>.<table>` and what is declared of their tables.

    A message that does not fit makes it look once more, in each batch, at what is
    declared: a column that was added is taken up.
    """

    def __init__(self, prefix: str, look: Callable[[], Declarations]) -> None:
        self._prefix = prefix
        self._look = look
        self.declared: Declarations = {}
        self._names: Mapping[str, str] = {}
        self.refresh()

    def refresh(self) -> bool:
        """Look again at what is declared; whether it is something else."""
        found = self._look()
        has_changed = found != self.declared
        self.declared = found
        self._names = {f"{self._prefix}.{t.table}": name for name, t in found.items()}
        return has_changed

    @property
    def topics(self) -> Sequence[str]:
        """The topics of the declared tables."""
        return sorted(self._names)

    @property
    def tables(self) -> Sequence[str]:
        """The declared tables, with their schema."""
        return sorted(told.table for told in self.declared.values())

    def batch(
        self, messages: Iterable[Message], offsets: Mapping[Place, int], origin: str
    ) -> Batch:
        """What the messages tell; pages go on from `offsets`."""
        batch, is_fresh = Batch(origin), False
        by_place = groupby(messages, key=lambda message: message.place)
        for place, found in by_place:
            page = Page(place, offsets[place], offsets[place])
            for message in found:
                page.until_offset = message.offset + 1
                batch.bytes_count += len(message.value or b"") + len(message.key or b"")
                told = self.told(message)
                if isinstance(told, Refused) and not is_fresh:
                    is_fresh = True
                    told = self.told(message) if self.refresh() else told
                _add(batch, page, told)
            batch.pages.append(page)
        return batch

    def told(self, message: Message) -> Landed | Refused | None:
        """The change of a message, or why it is none; None: it is a tombstone."""
        place = message.place
        name = self._names.get(place.topic)
        if name is None:
            table = place.topic.removeprefix(f"{self._prefix}.")
            return Refused(table, message, f"{table} is not declared")
        try:
            event = self._decoded(message, name)
        except ValueError as error:
            return Refused(name, message, str(error))
        return None if event is None else Landed(name, place, event)

    def _decoded(self, message: Message, name: str) -> ChangeEvent | None:
        return decoded(
            message.value, self.declared[name], offset=message.offset, key=message.key
        )


def _add(batch: Batch, page: Page, told: Landed | Refused | None) -> None:
    if told is None:
        page.tombstones_count += 1
    elif isinstance(told, Landed):
        page.events_count += 1
        batch.landed.append(told)
    else:
        page.quarantined_count += 1
        batch.refused.append(told)
