"""The slot that keeps the WAL for Debezium: what it holds, and its removal.

A connector that finds no slot makes one and reads all tables anew; one that finds a
lost slot waits half an hour, again and again, for what can not come back.
https://www.postgresql.org/docs/current/view-pg-replication-slots.html
"""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

import psycopg

from pipelines.errors import SetupError
from pipelines.local.debezium_properties import ROLE, SLOT

Connection = psycopg.Connection[tuple[Any, ...]]

POLL_S = 0.05
PATIENCE_S = 20.0  # a connector that was cut off comes back at once, and is cut again
# what only newer servers have is read by name: inactive_since is of 17, the reason 16
SEEN: LiteralString = """
select
    s.active,
    s.wal_status,
    pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn)::bigint,
    (to_jsonb(s) ->> 'inactive_since')::timestamptz,
    to_jsonb(s) ->> 'invalidation_reason',
    nullif(pg_size_bytes(current_setting('max_slot_wal_keep_size')), -1048576)
from pg_replication_slots as s
where s.slot_name = %s
"""
ENDED: LiteralString = """
select pg_terminate_backend(a.pid) from pg_stat_activity as a
where a.usename = %s and a.pid <> pg_backend_pid()
"""
END_ONE: LiteralString = "select pg_terminate_backend(%s)"
DROP: LiteralString = "select pg_drop_replication_slot(%s)"
HELD_BY: LiteralString = (
    "select s.active_pid from pg_replication_slots as s where s.slot_name = %s"
)


@dataclass(frozen=True)
class Slot:
    """The slot as Postgres shows it; sizes in bytes.

    `limit_bytes` is what it may hold back; None: there is no limit. `retained_bytes`
    None: it holds nothing now.
    """

    is_active: bool
    wal_status: str
    retained_bytes: int | None
    inactive_since: datetime | None
    reason: str | None
    limit_bytes: int | None

    @property
    def is_lost(self) -> bool:
        """Whether what it should have kept is gone."""
        return self.wal_status == "lost" or self.reason is not None


def slot(connection: Connection) -> Slot | None:
    """The connector's slot; None: there is none."""
    row = connection.execute(SEEN, (SLOT,)).fetchone()
    return Slot(*row) if row else None


def cut_off(connection: Connection, wait_s: float) -> None:
    """End the connector's sessions: it starts anew, from its slot.

    Returns when it has, or after `wait_s`.

    Raises:
        SetupError: this login may not.
    """
    before = _reader(connection)
    _execute_allowed(connection, ENDED, ROLE)
    deadline = time.monotonic() + wait_s
    while _reader(connection) in {None, before} and time.monotonic() < deadline:
        time.sleep(POLL_S)


def drop(connection: Connection) -> None:
    """Drop the slot, whoever holds it.

    Raises:
        SetupError: this login may not, or it is held again and again.
    """
    deadline = time.monotonic() + PATIENCE_S
    while row := connection.execute(HELD_BY, (SLOT,)).fetchone():
        if time.monotonic() > deadline:
            raise SetupError(f"the slot {SLOT} is still held by backend {row[0]}")
        try:
            if row[0]:
                _execute_allowed(connection, END_ONE, row[0])
                time.sleep(POLL_S)
            else:
                _execute_allowed(connection, DROP, SLOT)
        except (psycopg.errors.ObjectInUse, psycopg.errors.UndefinedObject):
            time.sleep(POLL_S)  # it was taken or dropped in between


def _reader(connection: Connection) -> int | None:
    """The backend that reads the slot."""
    row = connection.execute(HELD_BY, (SLOT,)).fetchone()
    return row[0] if row else None


def _execute_allowed(
    connection: Connection, statement: LiteralString, word: object
) -> None:
    try:
        connection.execute(statement, (word,))
    except psycopg.errors.InsufficientPrivilege as error:
        raise SetupError(
            f"{connection.info.user} may not ({error.diag.message_primary}): set "
            f"BULLION_CDC_PASSWORD, so that it is done as {ROLE}"
        ) from None
