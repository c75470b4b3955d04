"""Changes appended to `bronze_config`, each once, one transaction a batch.

Its changes' rows in `ops.config_effects` commit with a batch.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import LiteralString

from pipelines.bronze.append import Appender, Delivery
from pipelines.sources.config_changes.batch import Batch
from pipelines.sources.config_changes.tables import (
    MENDED,
    PAGES,
    QUARANTINE,
    SCHEMA,
    changes_of,
    tables,
)
from pipelines.warehouse import Connection

# rows of one COPY share an LSN, a changed key gives two changes of one transaction; of
# changes without a position, other content is another change
IDENTITY: LiteralString = (
    "lsn, transaction_id, md5(row_key), op, transaction_position,"
    " (case when transaction_position is null then"
    " md5(coalesce(before, '') || ' ' || coalesce(after, '')) end)"
)
EFFECTS: LiteralString = "select ops.note_config_effects(%s)"


@dataclass(frozen=True)
class Appended:
    """What a batch left: how many changes were not held yet, by config table."""

    load_id: str
    new_counts: Mapping[str, int]

    @property
    def new_count(self) -> int:
        """How many changes were not held yet."""
        return sum(self.new_counts.values())


class Ledger:
    """The one writer of `bronze_config`: its connection holds the lock.

    `prepare` comes first, for every config table that is then written.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.appender = Appender(connection, SCHEMA, self._note_effects)
        self._prepared: set[str] = set()

    def prepare(self, names: Iterable[str]) -> None:
        """Make the bronze tables of these config tables, where they are not there.

        Raises:
            SetupError: one is called as a table of ours.
        """
        missing = sorted(set(names) - self._prepared)
        if self._prepared and not missing:
            return
        self.appender.prepare(tables(missing))
        self.appender.prepare([changes_of(name) for name in missing], IDENTITY)
        self._prepared |= {PAGES.name, *missing}

    def append(self, batch: Batch) -> Appended:
        """Commit a batch; changes that are held already are left out."""
        new_counts: dict[str, int] = {}

        def write(delivery: Delivery) -> dict[str, int]:
            add, add_new = self.appender.add, self.appender.add_new
            for name, changes in batch.change_rows().items():
                new_counts[name] = add_new(changes_of(name), changes, delivery)
            beside = {
                QUARANTINE: batch.quarantine_rows(),
                MENDED: batch.reprocessed_rows(),
                PAGES: batch.page_rows(),
            }
            counts = {t.name: add(t, fields, delivery) for t, fields in beside.items()}
            return {**new_counts, **counts}

        load_id = self.appender.commit(write, bytes_count=batch.bytes_count)
        return Appended(load_id, new_counts)

    def _note_effects(self, delivery: Delivery) -> None:
        self.connection.execute(EFFECTS, (delivery.load_id,))
