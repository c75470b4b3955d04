"""The way back of a stream that lost its place: topics, slot, a snapshot, deletes.

What stands is read anew by Debezium; what bronze holds is never touched. A slot that
still keeps the WAL is left alone, so that no change is lost that can be had; a lost one
is dropped, and the connector makes a new one, whose first act is a snapshot. Each step
looks at what is: killed anywhere, it is repeated from its beginning.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event

from pipelines import warehouse
from pipelines.errors import BadDataError, BusyError, SetupError, UpstreamError
from pipelines.local import kafka_service, replication_slot, stack
from pipelines.local.debezium_service import Debezium, health
from pipelines.local.kafka_access import Access
from pipelines.local.service import Say
from pipelines.settings import settings
from pipelines.sources.config_changes import resync_steps as steps
from pipelines.sources.config_changes.agreement import Difference, lasting_differences
from pipelines.sources.config_changes.follow import LOCK as FOLLOW_LOCK
from pipelines.sources.config_changes.follow import follow_config
from pipelines.sources.config_changes.history import infer_deletes
from pipelines.sources.config_changes.ledger import Ledger
from pipelines.warehouse import Connection

LOCK = "resync config_changes"
SNAPSHOTS = 3  # a transaction that is open while tables are read can hide from one
SETTLES_S = 10.0  # in which another process infers deletes from a snapshot
POLL_S = 0.5
ASK_AGAIN_S = 30.0  # one that was cut off reads signals seconds later
NAMED = 5  # differences that a message names


@dataclass(frozen=True)
class Resynced:
    """What was done; `snapshot_lsn` None: the config tables are empty."""

    made_topics: Sequence[str]
    is_slot_new: bool
    snapshot_lsn: int | None
    inferred_deletes_count: int


def resync(say: Say, wait_s: float = 180.0) -> Resynced:
    """Bring the stream back and the history to what stands.

    Raises:
        SetupError: the stream was never started, or the slot may not be dropped.
        BusyError: another resync is under way.
        UpstreamError: no snapshot came within `wait_s`; says what is missing.
        BadDataError: history and tables differ all the same.
    """
    access, service = _stream()
    with warehouse.locked([LOCK], "config resync") as connection:
        stack.up([kafka_service.NAME], say)
        made = service.make_topics(say)
        since = steps.lsn_now(connection)
        is_new = steps.mend_slot(connection, say)
        if not settings().debezium:
            stack.up([service.name], say)
        deadline = time.monotonic() + wait_s
        if not is_new:
            say("the slot keeps its place: the connector is asked to read the tables")
            steps.cut_off_connector(wait_s)
            steps.ask_for_snapshot(access)
        lsn = _agree(connection, access, since, deadline, say)
        count = steps.inferred_count(connection, since)
        return Resynced(made, is_new, lsn, count)


def _stream() -> tuple[Access, Debezium]:
    service = Debezium.from_settings()
    access = kafka_service.access()
    if not (settings().debezium or service.address):
        raise SetupError(
            "no Debezium Server was started: run `bullion up debezium`, or set "
            "BULLION_DEBEZIUM to the address of your own"
        )
    return access, service


def _agree(
    connection: Connection, access: Access, since: int, deadline: float, say: Say
) -> int | None:
    """Take snapshots until history and tables agree; the last one's LSN."""
    for number in range(SNAPSHOTS):
        if number:
            say("a change was under way: the tables are read once more")
            since = steps.lsn_now(connection)
            steps.ask_for_snapshot(access)
        lsn = _snapshot_after(connection, access, since, deadline, say)
        differing = _settled(connection)
        if not differing:
            return lsn
    named = "; ".join(map(str, differing[:NAMED]))
    raise BadDataError(
        f"history and tables differ after {SNAPSHOTS} snapshots, in {len(differing)} "
        f"rows: {named}; look at `bullion config dead-letters`"
    )


def _settled(connection: Connection) -> list[Difference]:
    """What still differs once what is under way has arrived."""
    deadline = time.monotonic() + SETTLES_S
    while (rows := lasting_differences(connection)) and time.monotonic() < deadline:
        pass  # it paused
    return rows


def _snapshot_after(
    connection: Connection, access: Access, since: int, deadline: float, say: Say
) -> int | None:
    """The LSN of a whole snapshot after `since`, once bronze holds it.

    None: the tables are empty, and what bronze holds of them is inferred as deleted.

    Raises:
        UpstreamError: none has come by `deadline`, of the monotonic clock.
    """
    ask_at = time.monotonic() + ASK_AGAIN_S
    while True:
        _take_in(say)
        lsn = steps.snapshot(connection)
        if lsn is not None and lsn >= since:
            return lsn
        if steps.are_empty(connection):
            _infer_from_empty()
            return None
        if (slot := replication_slot.slot(connection)) and slot.is_lost:
            steps.mend_slot(connection, say)  # it was about to be, and is by now
        now = time.monotonic()
        if now > deadline:
            raise _no_snapshot()
        if now > ask_at:
            steps.ask_for_snapshot(access)
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
    with warehouse.locked([FOLLOW_LOCK], "config resync", wait_s=5) as follower:
        since = steps.lsn_now(follower)
        if steps.are_empty(follower):
            names = steps.names(follower)
            ledger = Ledger(follower)
            ledger.prepare(names)
            infer_deletes(ledger, names, since)


def _no_snapshot() -> UpstreamError:
    service = Debezium.from_settings()
    place = settings().debezium or service.address or ""
    answer = health(place) or "nothing"
    remedy = (
        "start it anew (docker compose restart debezium)"
        if settings().debezium
        else f"its log is {service.log}"
    )
    return UpstreamError(
        f"no snapshot has come: Debezium at {place} says {answer}; {remedy}, then run "
        "`bullion config resync` again: nothing is lost by that"
    )
