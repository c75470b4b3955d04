"""What became of changes: decided by what the collector did, written to their ledger.

A change of an instrument that is collected is applied when its streams were answered
by loads that began with it; one that is not collected any more, when its last stream
has ended; one of another table, when it was adopted. A table that the collector does
not know is another process's: its changes stay as they are.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import partial

from pipelines.collector.first_rows import first_row_of
from pipelines.collector.targets import (
    SeriesId,
    Targets,
    is_meant,
    plan_name,
    series_of,
)
from pipelines.config import status
from pipelines.config.model import Configuration
from pipelines.config.status import ChangeStatus
from pipelines.errors import FINAL, SetupError
from pipelines.sources.exchange.endpoints import address
from pipelines.warehouse import Connection

ADOPTED_AT_ONCE = ("exchanges", "thresholds", "endpoints")
INSTRUMENTS = "instruments"

Write = Callable[[Connection], object]


@dataclass
class Pending:
    """A change that waits for answers, of one stream or (a pattern's) any of many."""

    change: ChangeStatus
    streams: frozenset[str]
    generation: int
    is_pattern: bool
    answered: set[str] = field(default_factory=set)

    @property
    def is_done(self) -> bool:
        """Whether it is carried out."""
        if self.is_pattern:
            return bool(self.answered)
        return self.answered >= self.streams


@dataclass
class Rowless:
    """A change that was applied and brought no row yet; `load_ids` None: any load's."""

    change: ChangeStatus
    streams: frozenset[str]
    generation: int
    load_ids: list[str] | None


class ChangeTracker:
    """The open changes. One thread uses it; `flush` writes what was decided."""

    def __init__(self, by: str, exchanges: Collection[str] = ()) -> None:
        self._by = by
        self._exchanges = exchanges
        self._pending: dict[int, Pending] = {}
        self._ending: dict[int, ChangeStatus] = {}
        self._rowless: dict[int, Rowless] = {}
        self._writes: list[Write] = []

    def adopt(
        self,
        changes: Sequence[ChangeStatus],
        known: Configuration,
        targets: Targets,
        generation: int,
    ) -> list[SeriesId]:
        """Take the open changes over; the series that are to be loaded for new ones."""
        open_ids = {change.effect_id for change in changes}
        for waiting in (self._pending, self._ending):
            for gone in [number for number in waiting if number not in open_ids]:
                del waiting[gone]  # overtaken, or applied by another process
        to_load: dict[SeriesId, None] = {}
        for change in changes:
            if change.table_name in ADOPTED_AT_ONCE and self._is_ours(change):
                self._adopted(change, known)
            elif change.table_name == INSTRUMENTS and self._is_ours(change):
                to_load |= dict.fromkeys(self._instrument(change, targets, generation))
        return list(to_load)

    def resume(self, changes: Sequence[ChangeStatus], targets: Targets) -> None:
        """Look for the first rows of changes that a process before this one applied."""
        for change in changes:
            streams = self._streams(change, targets)
            if change.effect_id not in self._rowless and streams:
                rowless = Rowless(change, streams, 0, None)
                self._rowless[change.effect_id] = rowless
                self._writes.append(partial(self._look, change.effect_id, rowless))

    def answered(self, stream: str, generation: int) -> None:
        """A stream was answered by a load of this generation."""
        for number, pending in list(self._pending.items()):
            if stream in pending.streams and generation >= pending.generation:
                pending.answered.add(stream)
                if pending.is_done:
                    del self._pending[number]
                    self._apply(pending.change)
                    self._rowless[number] = Rowless(
                        pending.change, pending.streams, pending.generation, []
                    )

    def failed(self, stream: str, generation: int, error: Exception) -> None:
        """A stream failed; what is final rejects the change, and both are retried."""
        for pending in self._pending.values():
            if stream not in pending.streams or generation < pending.generation:
                continue
            is_final = isinstance(error, FINAL)
            write = status.rejected if is_final else status.postponed
            self._write(write, [pending.change], str(error))

    def loaded(
        self, streams: Collection[str], generation: int, load_id: str | None
    ) -> None:
        """A load ended: its rows are looked through for first ones."""
        for number, rowless in list(self._rowless.items()):
            if not rowless.streams & set(streams) or generation < rowless.generation:
                continue
            self._look_again(number, rowless, [load_id] if load_id else [])

    def brought(self, series: SeriesId, load_ids: Sequence[str]) -> None:
        """History was brought: a row of it may be the first one."""
        for number, rowless in list(self._rowless.items()):
            if series in map(series_of, rowless.streams):
                self._look_again(number, rowless, load_ids)

    def settle(self, running: Collection[str], targets: Targets) -> None:
        """Apply the ends of series none of whose streams runs any more."""
        collected = {s for streams in targets.streams.values() for s in streams}
        for number, change in list(self._ending.items()):
            if not any(_is_of(change, name) for name in set(running) - collected):
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
        if not self._exchanges or change.table_name == "thresholds":
            return True
        return change.key[0] in self._exchanges

    def _adopted(self, change: ChangeStatus, known: Configuration) -> None:
        try:
            self._try_endpoint(change, known)
        except SetupError as error:
            self._reject(change, str(error))
        else:
            self._apply(change)

    def _try_endpoint(self, change: ChangeStatus, known: Configuration) -> None:
        """Raises SetupError where the endpoint's setting is not known."""
        endpoint = known.endpoints.get(change.key[0])
        if change.table_name == "endpoints" and endpoint and endpoint.is_enabled:
            address(known, endpoint.endpoint)

    def _instrument(
        self, change: ChangeStatus, targets: Targets, generation: int
    ) -> list[SeriesId]:
        refused = targets.refused.get((change.key[0], change.key[1]))
        streams = self._streams(change, targets)
        number = change.effect_id
        if refused is not None and change.op != "d":
            self._reject(change, str(refused))
            return []
        if not streams:
            self._ending[number] = change
            return []
        if number in self._pending and self._pending[number].streams == streams:
            return []
        self._pending[number] = Pending(
            change, streams, generation, is_pattern="*" in change.key[1]
        )
        return list(dict.fromkeys(map(series_of, sorted(streams))))

    def _streams(self, change: ChangeStatus, targets: Targets) -> frozenset[str]:
        """The streams that the change is about; none: it is not collected now."""
        if change.op == "d":
            return frozenset()
        found: set[str] = set()
        for series in targets.meant(change.key[0], change.key[1]):
            found |= targets.streams[series] or {plan_name(series)}
        return frozenset(found)

    def _apply(self, change: ChangeStatus) -> None:
        self._write(status.applied, [change], self._by)

    def _reject(self, change: ChangeStatus, reason: str) -> None:
        if (change.outcome, change.reason) != ("rejected", reason):
            self._write(status.rejected, [change], reason)

    def _write(
        self,
        write: Callable[[Connection, Sequence[ChangeStatus], str], int],
        changes: Sequence[ChangeStatus],
        told: str,
    ) -> None:
        self._writes.append(lambda connection: write(connection, changes, told))

    def _look_again(
        self, number: int, rowless: Rowless, load_ids: Sequence[str]
    ) -> None:
        """Look for its first row in what these loads brought, too."""
        if rowless.load_ids is not None:
            rowless.load_ids.extend(load_ids)
        self._writes.append(partial(self._look, number, rowless))

    def _look(self, number: int, rowless: Rowless, connection: Connection) -> None:
        if number not in self._rowless:
            return
        at = rowless.change.committed_at or rowless.change.consumed_at
        found = first_row_of(connection, rowless.streams, at, rowless.load_ids)
        if found is not None:
            status.first_row(connection, [rowless.change], *found)
            del self._rowless[number]


def _is_of(change: ChangeStatus, stream: str) -> bool:
    """Whether the stream is of a series that the change's row meant."""
    exchange_id, symbol = series_of(stream)
    return exchange_id == change.key[0] and is_meant(symbol, change.key[1])
