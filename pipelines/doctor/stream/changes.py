"""What the stream carried: dead letters, the history, and the effects of changes."""

from datetime import UTC, datetime

from pipelines.config.path import subject
from pipelines.config.status import open_changes
from pipelines.doctor.stream import access
from pipelines.doctor.stream.topics import lag
from pipelines.local import debezium_service, replication_slot
from pipelines.sources.config_changes.agreement import lasting_differences
from pipelines.sources.config_changes.dead_letters import newest
from pipelines.upstream.health_check import FailedCheckError
from pipelines.warehouse import scalar

HISTORY_TIMEOUT_S = 10.0  # of a statement: it reads whole tables
DIFFERENCES_NAMED = 5
REJECTED_NAMED = 3
LATE_S = 60.0  # the budget from a commit to the first row of a new instrument is 5 s
RETRY = "mend what it says, then: bullion config dead-letters --retry"
COLLECT = "bullion collect"


def dead_letters() -> str:
    """How many messages were refused and wait for a person.

    Raises:
        FailedCheckError: some do; with the newest one's reason.
    """
    with access.warehouse() as connection:
        waiting = newest(connection)
    if waiting is None:
        return "none"
    count, reason = waiting
    raise FailedCheckError(
        f"{count} {'waits' if count == 1 else 'wait'}, the newest {reason}; their "
        "changes are not in the history",
        RETRY,
    )


def history() -> str:
    """Whether the folded history is what stands in the tables.

    Both are read in one snapshot, twice with a pause; only what differs both times
    counts.

    Raises:
        FailedCheckError: it is not, though nothing is on its way.
    """
    with access.warehouse(HISTORY_TIMEOUT_S) as connection:
        rows = lasting_differences(connection)
        if not rows:
            return "the folded history is what stands in every table"
        slot = replication_slot.slot(connection)
        address = debezium_service.known_address() or ""
        if not (slot and slot.is_active) or debezium_service.health(address) != "UP":
            return f"{len(rows)} rows are on their way: Debezium does not read"
        with access.broker() as broker:
            waiting = lag(connection, broker).count
        if waiting:
            return f"{len(rows)} rows are on their way: {waiting} messages wait"
    named = "; ".join(map(str, rows[:DIFFERENCES_NAMED]))
    others_count = len(rows) - DIFFERENCES_NAMED
    more = f" and {others_count} more" if others_count > 0 else ""
    raise FailedCheckError(f"history and tables differ: {named}{more}")


def effects() -> str:
    """How many changes wait to be carried out.

    Raises:
        FailedCheckError: some were rejected, or wait for a process that does not run.
    """
    with access.warehouse() as connection:
        changes = open_changes(connection)
        collector = scalar(connection, "select ops.process_of(%s)", "collect")
    if rejected := [c for c in changes if c.outcome == "rejected"]:
        reasons = "; ".join(
            f"{subject(c)}: {c.reason}" for c in rejected[-REJECTED_NAMED:]
        )
        raise FailedCheckError(
            f"{len(rejected)} changes could not be carried out: {reasons}",
            "correct the row (`bullion config set`), or remove it; what may pass is "
            "tried again",
        )
    now = datetime.now(UTC)
    late = [c for c in changes if (now - c.consumed_at).total_seconds() > LATE_S]
    if late:
        missing = f"{collector} makes no progress" if collector else "nobody collects"
        raise FailedCheckError(
            f"{len(late)} changes wait for more than {LATE_S:.0f} s, the oldest of "
            f" {subject(late[0])}: {missing}",
            f"end it, then: {COLLECT}" if collector else COLLECT,
        )
    return f"{len(changes)} wait" if changes else "every change was carried out"
