"""The states of changes, as the collector's work decides them, written to their ledger.

A change of a series that is collected is applied when its keys were answered by loads
that began with it; one that is not collected any more, when its last task has ended;
one of another table, when it was adopted. Changes of a table that no source declares
are another process's and stay as they are.
"""

from collections.abc import Callable, Collection, Sequence
from functools import partial

from pipelines.collector.first_rows import first_row_of
from pipelines.collector.pending import Pending, Rowless
from pipelines.collector.targets import Targets, history_key, is_meant
from pipelines.config import status
from pipelines.config.model import Configuration
from pipelines.config.status import ChangeStatus
from pipelines.errors import FINAL, SetupError
from pipelines.sources import adopted_tables, series_tables, spec_of_table, specs
from pipelines.sources.connectors import ALL, Chosen
from pipelines.upstream.feed import Key, SeriesId
from pipelines.warehouse import Connection

Write = Callable[[Connection], object]


class ChangeTracker:
    """The open changes. One thread uses it; `flush` writes what was decided."""

    def __init__(self, by: str, chosen: Chosen = ALL) -> None:
        self._by = by
        self._chosen = chosen
        self._pending: dict[int, Pending] = {}
        self._ending: dict[int, ChangeStatus] = {}
        self._rowless: dict[int, Rowless] = {}
        self._writes: list[Write] = []

    def adopt(
        self,
        changes: Sequence[ChangeStatus],
        config: Configuration,
        targets: Targets,
        generation: int,
    ) -> list[SeriesId]:
        """Take the open changes over; the series that are to be loaded for new ones."""
        open_ids = {change.effect_id for change in changes}
        for waiting in (self._pending, self._ending):
            for closed in [number for number in waiting if number not in open_ids]:
                del waiting[closed]  # superseded, or applied by another process
        to_load: dict[SeriesId, None] = {}
        for change in changes:
            if not self._is_ours(change):
                continue
            if change.table_name in adopted_tables():
                self._adopted(change, config)
            elif change.table_name in series_tables():
                to_load |= dict.fromkeys(self._of_series(change, targets, generation))
        return list(to_load)

    def resume(self, changes: Sequence[ChangeStatus], targets: Targets) -> None:
        """Look for the first rows of changes that a process before this one applied."""
        for change in changes:
            keys = self._keys(change, targets)
            if change.effect_id not in self._rowless and keys:
                rowless = Rowless(change, keys, 0, None)
                self._rowless[change.effect_id] = rowless
                self._writes.append(partial(self._look, change.effect_id, rowless))

    def answered(self, key: Key, generation: int) -> None:
        """A key was answered by a load of this generation."""
        for number, pending in list(self._pending.items()):
            if key in pending.keys and generation >= pending.generation:
                pending.answered.add(key)
                if pending.is_done:
                    del self._pending[number]
                    self._apply(pending.change)
                    self._rowless[number] = Rowless(
                        pending.change, pending.keys, pending.generation, []
                    )

    def failed(self, key: Key, generation: int, error: Exception) -> None:
        """A key failed; what is final rejects the change, and both are retried."""
        for pending in self._pending.values():
            if key not in pending.keys or generation < pending.generation:
                continue
            is_final = isinstance(error, FINAL)
            write = status.rejected if is_final else status.postponed
            self._write(write, pending.change, str(error))

    def loaded(
        self, keys: Collection[Key], generation: int, load_id: str | None
    ) -> None:
        """A load ended: its rows are looked through for first ones."""
        for number, rowless in list(self._rowless.items()):
            if not rowless.keys & set(keys) or generation < rowless.generation:
                continue
            self._look_again(number, rowless, [load_id] if load_id else [])

    def history_loaded(self, series: SeriesId, load_ids: Sequence[str]) -> None:
        """History was loaded: a row of it may be the first one."""
        for number, rowless in list(self._rowless.items()):
            if any(series == key.series for key in rowless.keys):
                self._look_again(number, rowless, load_ids)

    def settle(self, running: Collection[Key], targets: Targets) -> None:
        """Apply the ends of series none of whose tasks runs any more."""
        left = set(running) - targets.live_keys(targets.series)
        for number, change in list(self._ending.items()):
            if not any(_is_of(change, key) for key in left):
                del self._ending[number]
                self._apply(change)

    def flush(self, connection: Connection) -> None:
        """Write what was decided, in order.

        Raises:
            psycopg.OperationalError: what was not written stays for the next time.
        """
        while self._writes:
            self._writes[0](connection)
            self._writes.pop(0)

    def _is_ours(self, change: ChangeStatus) -> bool:
        spec = spec_of_table(change.table_name)
        return spec is None or self._chosen.has(spec.name, change.key[0])

    def _adopted(self, change: ChangeStatus, config: Configuration) -> None:
        try:
            for spec in specs():
                spec.check(change.table_name, change.key, config)
        except SetupError as error:
            self._reject(change, str(error))
        else:
            self._apply(change)

    def _of_series(
        self, change: ChangeStatus, targets: Targets, generation: int
    ) -> list[SeriesId]:
        scope, subject = _series(change)
        refused = targets.refused.get((scope, subject))
        keys = self._keys(change, targets)
        number = change.effect_id
        if refused is not None and change.op != "d":
            self._reject(change, str(refused))
            return []
        if not keys:
            self._ending[number] = change
            return []
        if number in self._pending and self._pending[number].keys == keys:
            return []
        self._pending[number] = Pending(
            change, keys, generation, is_pattern="*" in subject
        )
        return list(dict.fromkeys(key.series for key in sorted(keys)))

    def _keys(self, change: ChangeStatus, targets: Targets) -> frozenset[Key]:
        """The keys that the change is about; none: it is not collected now."""
        if change.op == "d":
            return frozenset()
        keys: set[Key] = set()
        for series in targets.meant(*_series(change)):
            keys |= targets.live_keys([series]) or {history_key(series)}
        return frozenset(keys)

    def _apply(self, change: ChangeStatus) -> None:
        self._write(status.applied, change, self._by)

    def _reject(self, change: ChangeStatus, reason: str) -> None:
        if (change.outcome, change.reason) != ("rejected", reason):
            self._write(status.rejected, change, reason)

    def _write(
        self,
        write: Callable[[Connection, Sequence[ChangeStatus], str], int],
        change: ChangeStatus,
        reason: str,
    ) -> None:
        self._writes.append(lambda connection: write(connection, [change], reason))

    def _look_again(
        self, number: int, rowless: Rowless, load_ids: Sequence[str]
    ) -> None:
        """Look for its first row in these loads, too."""
        if rowless.load_ids is not None:
            rowless.load_ids.extend(load_ids)
        self._writes.append(partial(self._look, number, rowless))

    def _look(self, number: int, rowless: Rowless, connection: Connection) -> None:
        if number not in self._rowless:
            return
        at = rowless.change.committed_at or rowless.change.consumed_at
        first = first_row_of(connection, rowless.keys, at, rowless.load_ids)
        if first is not None:
            status.first_row(connection, [rowless.change], *first)
            del self._rowless[number]


def _series(change: ChangeStatus) -> SeriesId:
    """The scope of the change's row, and the pattern of its subjects."""
    scope, *pattern = change.key
    return scope, "".join(pattern)


def _is_of(change: ChangeStatus, key: Key) -> bool:
    """Whether the key is of a series that the change's row meant."""
    scope, pattern = _series(change)
    return key.scope == scope and is_meant(key.subject, pattern)
