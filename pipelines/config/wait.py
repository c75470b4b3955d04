"""Waiting until a change of the configuration has taken effect, or why it has not."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import LiteralString

from pipelines.config.status import EFFECT, STATUS_CHANNEL, ChangeStatus, status_of
from pipelines.warehouse import Connection, scalar

RECHECK_S = 5.0  # a pooler may not pass a notification on

NUMBER: LiteralString = """
select pg_current_xact_id_if_assigned()::text::bigint & 4294967295
"""
ENDS: LiteralString = "select pg_current_wal_lsn()::text"
LAST_EFFECT: LiteralString = (
    "select coalesce(max(e.effect_id), 0) from ops.config_effects as e"
)
OF_TRANSACTION: LiteralString = (
    EFFECT + "where e.effect_id > %s and e.transaction_id = %s order by e.effect_id"
)
DISABLED: LiteralString = """
select e.exchange_id from config.exchanges as e where not e.is_enabled
"""


@dataclass
class Committed:
    """A transaction of the configuration.

    `transaction_id` has the lower 32 bits, as the log has; its effects come after
    `after_id`; `lsn` is not before its end. Whoever changes rows counts
    them in `changes_count`.
    """

    after_id: int
    transaction_id: int | None = None
    lsn: str = ""
    changes_count: int = 0


@dataclass
class WaitResult:
    """How far the changes of a transaction came within the time given."""

    committed: Committed
    statuses: Sequence[ChangeStatus] = ()
    disabled_exchanges: frozenset[str] = field(default=frozenset())

    @property
    def has_all(self) -> bool:
        """Whether each change was consumed."""
        return len(self.statuses) >= self.committed.changes_count

    @property
    def rejected(self) -> Sequence[ChangeStatus]:
        """Those that can not be carried out."""
        return [e for e in self.statuses if e.outcome == "rejected"]

    @property
    def superseded(self) -> Sequence[ChangeStatus]:
        """Those that another transaction's change of the same row came before."""
        last = {(e.table_name, e.row_key): e.effect_id for e in self.statuses}
        return [
            e
            for e in self.statuses
            if e.outcome == "overtaken" and last[e.table_name, e.row_key] == e.effect_id
        ]

    @property
    def waiting(self) -> Sequence[ChangeStatus]:
        """Those that are not applied yet."""
        return [e for e in self.statuses if e.outcome == "waiting"]

    @property
    def rowless(self) -> Sequence[ChangeStatus]:
        """Those that are applied, and whose first row should come and has not."""
        return [
            e
            for e in self.statuses
            if e.outcome == "applied"
            and e.is_choice_of_series
            and e.key[0] not in self.disabled_exchanges
            and e.first_row_at is None
        ]

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to wait for."""
        if self.rejected:
            return True
        return self.has_all and not self.waiting and not self.rowless


@contextmanager
def committing(connection: Connection) -> Iterator[Committed]:
    """A transaction whose number and end are known when the block is left."""
    with connection.transaction():
        committed = Committed(scalar(connection, LAST_EFFECT))
        yield committed
        committed.transaction_id = scalar(connection, NUMBER)
    committed.lsn = scalar(connection, ENDS)


def wait_for_changes(
    connection: Connection, listener: Connection, committed: Committed, wait_s: float
) -> WaitResult:
    """Wait for the effect of a transaction's changes, `wait_s` seconds at most.

    `listener` is a connection of its own, so that no notification is missed.
    """
    result = WaitResult(committed)
    if committed.transaction_id is None or not committed.changes_count:
        return result
    listener.execute(f"listen {STATUS_CHANNEL}")
    result.disabled_exchanges = frozenset(i for (i,) in connection.execute(DISABLED))
    transaction = (committed.after_id, committed.transaction_id)
    ends_at = time.monotonic() + wait_s
    while True:
        rows = connection.execute(OF_TRANSACTION, transaction)
        result.statuses = [status_of(row) for row in rows]
        left_s = ends_at - time.monotonic()
        if result.is_over or left_s <= 0:
            return result
        for _ in listener.notifies(timeout=min(left_s, RECHECK_S), stop_after=1):
            pass
