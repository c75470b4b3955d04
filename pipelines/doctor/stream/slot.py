"""The replication slot: whether it is read, and how near its end it is."""

from datetime import UTC, datetime

from pipelines.doctor.check import FailedCheckError
from pipelines.doctor.stream import services, sight
from pipelines.local import replication_slot
from pipelines.local.replication_slot import Slot

SHARE = 0.5  # of what the slot may hold back
UNLIMITED_BYTES = 2 << 30  # where nothing limits it: half of our own limit of 4 GB
# a connector that was cut off or started anew is back after 16 s on two busy cores
RESTART_S = 30.0
RESYNC = "bullion config resync"


def slot() -> str:
    """How the slot is.

    Raises:
        FailedCheckError: it is gone, lost, about to be, not read, or holds back much.
    """
    with sight.warehouse() as connection:
        return judged(replication_slot.slot(connection))


def judged(found: Slot | None) -> str:
    """What is to be said of a slot; raises as `slot`."""
    if found is None:
        raise FailedCheckError(
            "there is no replication slot: what changes is kept for nobody, until "
            "Debezium makes one and reads the tables anew",
            RESYNC,
        )
    _refuse_lost(found)
    _refuse_idle(found)
    _refuse_large(found)
    return f"{found.wal_status}, read, {_held(found)}"


def _refuse_lost(found: Slot) -> None:
    if found.is_lost:
        why = found.reason or "wal_removed"
        raise FailedCheckError(
            f"the slot is lost ({why}){_since(found)}: Postgres removed WAL that was "
            "not read; changes since then never reach the stream",
            RESYNC,
        )
    if found.wal_status == "unreserved":
        raise FailedCheckError(
            f"the slot {_held(found)}, more than it may: the next checkpoint makes it "
            "lost, and what was not read with it",
            "look at Debezium's log: it does not come on"
            if found.is_active
            else services.start_debezium(),
        )


def _refuse_idle(found: Slot) -> None:
    if found.is_active:
        return
    idle_s = _idle_s(found)
    raise FailedCheckError(
        f"nobody reads the slot{_since(found)}: it {_held(found)}",
        services.start_debezium(),
        is_warning=idle_s is not None and idle_s < RESTART_S,
    )


def _refuse_large(found: Slot) -> None:
    held, limit = found.retained_bytes or 0, found.limit_bytes
    allowed = UNLIMITED_BYTES if limit is None else limit * SHARE
    if held > allowed:
        raise FailedCheckError(
            f"the slot {_held(found)}: Debezium does not come on, or a transaction of "
            "that length is open; at the limit the slot is lost, without one the disk "
            "is full",
            "look at Debezium's log and at pg_stat_activity for the oldest transaction",
            is_warning=True,
        )


def _held(found: Slot) -> str:
    of = "no limit" if found.limit_bytes is None else _size(found.limit_bytes)
    return f"holds back {_size(found.retained_bytes or 0)} of WAL of {of}"


def _size(count: int) -> str:
    if count >= 1 << 30:
        return f"{count / (1 << 30):.1f} GB"
    return f"{count / (1 << 20):.1f} MB"


def _since(found: Slot) -> str:
    if found.inactive_since is None:
        return ""
    return f" since {found.inactive_since.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _idle_s(found: Slot) -> float | None:
    if found.inactive_since is None:
        return None
    return (datetime.now(UTC) - found.inactive_since).total_seconds()
