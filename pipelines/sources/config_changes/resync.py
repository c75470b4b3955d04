"""The way back of a stream that lost its place: topics, slot, a snapshot, deletes.

What stands is read anew by Debezium; what bronze holds is never touched. A slot that
still keeps the WAL is left alone, so that no change is lost that can be had; a lost one
is dropped, and the connector makes a new one, whose first act is a snapshot. Each step
looks at what is: killed anywhere, it is repeated from its beginning.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipelines import warehouse
from pipelines.errors import BadDataError, SetupError
from pipelines.local import kafka_service, stack
from pipelines.local.debezium_service import Debezium
from pipelines.settings import settings
from pipelines.sources.config_changes import resync_facts as facts
from pipelines.sources.config_changes.agreement import Difference, lasting_differences
from pipelines.sources.config_changes.resync_signal import ask_for_snapshot
from pipelines.sources.config_changes.resync_slot import cut_off_connector, mend_slot
from pipelines.sources.config_changes.resync_snapshot import snapshot_after
from pipelines.warehouse import Connection

LOCK = "resync config_changes"
SNAPSHOTS = 3  # a transaction that is open while tables are read can hide from one
SETTLES_S = 10.0  # in which another process infers deletes from a snapshot
NAMED = 5  # differences that are told by their keys

Say = Callable[[str], None]


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
        UpstreamError: no snapshot came within `wait_s`; what is missing is told.
        BadDataError: history and tables differ all the same.
    """
    address, service = _stream()
    with warehouse.locked([LOCK], "config resync") as connection:
        stack.up([kafka_service.NAME], say)
        made = service.make_topics(say)
        since = facts.lsn_now(connection)
        is_new = mend_slot(connection, say)
        if not settings().debezium:
            stack.up([service.name], say)
        deadline = time.monotonic() + wait_s
        if not is_new:
            say("the slot keeps its place: the connector is asked to read the tables")
            cut_off_connector(wait_s)
            ask_for_snapshot(address)
        lsn = _agree(connection, address, since, deadline, say)
        count = facts.inferred_count(connection, since)
        return Resynced(made, is_new, lsn, count)


def _stream() -> tuple[str, Debezium]:
    service = Debezium.from_settings()
    address = kafka_service.bootstrap()
    if not (settings().debezium or service.address):
        raise SetupError(
            "no Debezium Server was started: run `bullion up debezium`, or set "
            "BULLION_DEBEZIUM to the address of your own"
        )
    return address, service


def _agree(
    connection: Connection, address: str, since: int, deadline: float, say: Say
) -> int | None:
    """Take snapshots until history and tables agree; the last one's LSN."""
    for number in range(SNAPSHOTS):
        if number:
            say("a change was under way: the tables are read once more")
            since = facts.lsn_now(connection)
            ask_for_snapshot(address)
        lsn = snapshot_after(connection, address, since, deadline, say)
        found = _settled(connection)
        if not found:
            return lsn
    told = "; ".join(map(str, found[:NAMED]))
    raise BadDataError(
        f"history and tables differ after {SNAPSHOTS} snapshots, in {len(found)} rows: "
        f"{told}; look at `bullion config dead-letters`"
    )


def _settled(connection: Connection) -> list[Difference]:
    """What still differs once what is under way has arrived."""
    deadline = time.monotonic() + SETTLES_S
    while (found := lasting_differences(connection)) and time.monotonic() < deadline:
        pass  # it paused
    return found
