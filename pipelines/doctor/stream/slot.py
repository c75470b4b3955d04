"""The replication slot: whether it is read, and how near its end it is."""

from datetime import UTC, datetime

from pipelines.doctor.stream import access, services
from pipelines.local import replication_slot
from pipelines.local.replication_slot import Slot
from pipelines.upstream.health_check import FailedCheckError

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
    with access.warehouse() as connection:
        return slot_state(replication_slot.slot(connection))


def slot_state(slot: Slot | None) -> str:
    """How a slot is; raises as `slot`."""
    if slot is None:
        raise FailedCheckError(
            "there is no replication slot: changes are not kept, until "
            "Debezium makes one and reads the tables anew",
            RESYNC,
        )
    _refuse_lost(slot)
    _refuse_idle(slot)
    _refuse_large(slot)
    return f"{slot.wal_status}, read, {_retained(slot)}"


def _refuse_lost(slot: Slot) -> None:
    if slot.is_lost:
        why = slot.reason or "wal_removed"
        raise FailedCheckError(
            f"the slot is lost ({why}){_since(slot)}: Postgres removed WAL that was "
            "not read; changes since then never reach the stream",
            RESYNC,
        )
    if slot.wal_status == "unreserved":
        raise FailedCheckError(
            f"the slot {_retained(slot)}, more than it may: the next checkpoint makes "
            "it lost, and what was not read with it",
            "look at Debezium's log: it makes no progress"
            if slot.is_active
            else services.start_debezium(),
        )


def _refuse_idle(slot: Slot) -> None:
    if slot.is_active:
        return
    idle_s = _idle_s(slot)
    raise FailedCheckError(
        f"nobody reads the slot{_since(slot)}: it {_retained(slot)}",
        services.start_debezium(),
        is_warning=idle_s is not None and idle_s < RESTART_S,
    )


def _refuse_large(slot: Slot) -> None:
    retained, limit = slot.retained_bytes or 0, slot.limit_bytes
    allowed = UNLIMITED_BYTES if limit is None else limit * SHARE
    if retained > allowed:
        raise FailedCheckError(
            f"the slot {_retained(slot)}: Debezium makes no progress, or a transaction "
            "of that length is open; at the limit the slot is lost, without one the "
            "disk is full",
            "look at Debezium's log and at pg_stat_activity for the oldest transaction",
            is_warning=True,
        )


def _retained(slot: Slot) -> str:
    of = "no limit" if slot.limit_bytes is None else _size(slot.limit_bytes)
    return f"holds back {_size(slot.retained_bytes or 0)} of WAL of {of}"


def _size(count: int) -> str:
    if count >= 1 << 30:
        return f"{count / (1 << 30):.1f} GB"
    return f"{count / (1 << 20):.1f} MB"


def _since(slot: Slot) -> str:
    if slot.inactive_since is None:
        return ""
    return f" since {slot.inactive_since.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _idle_s(slot: Slot) -> float | None:
    if slot.inactive_since is None:
        return None
    return (datetime.now(UTC) - slot.inactive_since).total_seconds()
