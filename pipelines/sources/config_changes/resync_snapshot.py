"""The snapshot of a resync: waited for, read into bronze, and its deletes inferred."""

import time
from collections.abc import Callable
from threading import Event

from pipelines import warehouse
from pipelines.errors import BusyError, UpstreamError
from pipelines.local import replication_slot
from pipelines.local.debezium_address import health
from pipelines.local.debezium_service import Debezium
from pipelines.settings import settings
from pipelines.sources.config_changes import resync_facts as facts
from pipelines.sources.config_changes.follow import LOCK as FOLLOWS
from pipelines.sources.config_changes.following import follow_config
from pipelines.sources.config_changes.history import infer_deletes
from pipelines.sources.config_changes.ledger import Ledger
from pipelines.sources.config_changes.resync_signal import ask_for_snapshot
from pipelines.sources.config_changes.resync_slot import mend_slot
from pipelines.warehouse import Connection

POLL_S = 0.5
ASK_AGAIN_S = 30.0  # one that was cut off reads signals seconds later

Say = Callable[[str], None]


def snapshot_after(
    connection: Connection, address: str, since: int, deadline: float, say: Say
) -> int | None:
    """The LSN of a whole snapshot after `since`, once bronze holds it.

    None: the tables are empty, and what bronze holds of them is inferred as deleted.

    Raises:
        UpstreamError: none has come by `deadline`, of the monotonic clock.
    """
    ask_at = time.monotonic() + ASK_AGAIN_S
    while True:
        _take_in(say)
        lsn = facts.snapshot(connection)
        if lsn is not None and lsn >= since:
            return lsn
        if facts.are_empty(connection):
            _infer_from_empty()
            return None
        if (slot := replication_slot.slot(connection)) and slot.is_lost:
            mend_slot(connection, say)  # it was about to be, and is by now
        now = time.monotonic()
        if now > deadline:
            raise _no_snapshot()
        if now > ask_at:
            ask_for_snapshot(address)
            ask_at = now + ASK_AGAIN_S
        time.sleep(POLL_S)


def _take_in(say: Say) -> None:
    """Read what has come, unless another process follows and does."""
    try:
        follow_config(Event(), say, until_current=True)
    except BusyError:
        return


def _infer_from_empty() -> None:
    """Tables without a row send no snapshot: that they are empty says it all."""
    with warehouse.locked([FOLLOWS], "config resync", wait_s=5) as follower:
        since = facts.lsn_now(follower)
        if facts.are_empty(follower):
            names = facts.names(follower)
            ledger = Ledger(follower)
            ledger.prepare(names)
            infer_deletes(ledger, names, since)


def _no_snapshot() -> UpstreamError:
    service = Debezium.from_settings()
    place = settings().debezium or service.address or ""
    said = health(place) or "nothing"
    mend = (
        "start it anew (docker compose restart debezium)"
        if settings().debezium
        else f"its log is {service.log}"
    )
    return UpstreamError(
        f"no snapshot has come: Debezium at {place} says {said}; {mend}, then run "
        "`bullion config resync` again: nothing is lost by that"
    )
