"""The topics of the config tables: where to read from, and what their messages say."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from pipelines.config.declaration import Declaration
from pipelines.local.change_topics import topic_of
from pipelines.sources.config_changes.batch import (
    Batch,
    Landed,
    Message,
    Page,
    Place,
    Refused,
)
from pipelines.sources.config_changes.connector import Connector
from pipelines.sources.config_changes.event import decoded

Declarations = Mapping[str, Declaration]
Span = tuple[int, int]  # the first offset that the broker holds, the next to be written


@dataclass(frozen=True)
class Start:
    """Where to read a partition from; `reason` where that is not where reading ended.

    `is_anew`: the place that bronze holds means nothing now.
    """

    offset: int
    reason: str = ""
    is_anew: bool = False


def start(place: Place, span: Span, positions: Mapping[Place, int]) -> Start:
    """Where to continue with a partition, by the positions that bronze holds."""
    first, end = span
    position = positions.get(place)
    if position is None:
        is_made_anew = any(other.topic == place.topic for other in positions)
        lost = (
            f"{place.topic} was made anew: read from its beginning; what was not"
            " read of the old one is gone, `bullion config resync` brings back what"
            " stands"
        )
        return Start(first, lost if is_made_anew else "")
    if position > end:
        cut = (
            f"{place.topic} ends at offset {end}, and {position} was read: its log was"
        )
        return Start(first, f"{cut} cut; read from its beginning", is_anew=True)
    if position < first:
        return Start(
            first,
            f"{place.topic} begins at offset {first}, and only {position} was read:"
            f" {first - position} offsets are gone unread; `bullion config resync`"
            " brings back what stands",
            is_anew=True,
        )
    return Start(position)


class ConfigTopics:
    """The topics `<prefix>.<schema>.<table>`, and what is declared of their tables.

    The prefix is the connector's name. A message that does not fit has the
    declarations read once more, in each batch: a column that was added is taken up.
    """

    def __init__(self, connector: Connector, read: Callable[[], Declarations]) -> None:
        self._connector = connector
        self._read = read
        self.declared: Declarations = {}
        self._names: Mapping[str, str] = {}
        self.refresh()

    def refresh(self) -> bool:
        """Read the declarations again; whether they changed."""
        declared = self._read()
        has_changed = declared != self.declared
        self.declared = declared
        self._names = {
            topic_of(table.table, self._connector.name): name
            for name, table in declared.items()
        }
        return has_changed

    @property
    def topics(self) -> Sequence[str]:
        """The topics of the declared tables."""
        return sorted(self._names)

    @property
    def tables(self) -> Sequence[str]:
        """The declared tables, with their schema."""
        return sorted(table.table for table in self.declared.values())

    def batch(
        self, messages: Iterable[Message], offsets: Mapping[Place, int], origin: str
    ) -> Batch:
        """The batch of messages in order; pages continue from `offsets`."""
        batch, is_fresh = Batch(origin), False
        for place, of_place in groupby(messages, key=lambda message: message.place):
            page = Page(place, offsets[place], offsets[place])
            for message in of_place:
                page.until_offset = message.offset + 1
                batch.bytes_count += len(message.value or b"") + len(message.key or b"")
                change = self._decode(message)
                if isinstance(change, Refused) and not is_fresh:
                    is_fresh = True
                    change = self._decode(message) if self.refresh() else change
                _add(batch, page, change)
            batch.pages.append(page)
        return batch

    def _decode(self, message: Message) -> Landed | Refused | None:
        """The change of a message, or why it is none; None: it is a tombstone."""
        topic = message.place.topic
        name = self._names.get(topic)
        if name is None:
            table = topic.removeprefix(f"{self._connector.name}.")
            return Refused(table, message, f"{table} is not declared")
        try:
            return landed(name, message, self.declared[name], self._connector)
        except ValueError as error:
            return Refused(name, message, str(error))


def landed(
    name: str, message: Message, declaration: Declaration, connector: Connector
) -> Landed | None:
    """The change of a message of the table `name`; None: it is a tombstone.

    Raises:
        ValueError: it does not decode, does not fit its table, or is not the
            connector's; says why.
    """
    event = decoded(
        message.value,
        declaration,
        offset=message.offset,
        key=message.key,
        connector=connector,
    )
    return Landed(name, message.place, event) if event else None


def _add(batch: Batch, page: Page, change: Landed | Refused | None) -> None:
    if change is None:
        page.tombstones_count += 1
    elif isinstance(change, Landed):
        page.events_count += 1
        batch.landed.append(change)
    else:
        page.quarantined_count += 1
        batch.refused.append(change)
