"""Effects: what became of the changes; who does not carry them out, and why."""

from collections.abc import Sequence
from datetime import UTC, datetime

from pipelines.config.status import ChangeStatus, open_changes
from pipelines.doctor.check import FailedCheckError
from pipelines.doctor.stream import sight

LATE_S = 60.0  # the budget from a commit to the first row of a new instrument is 5 s
COLLECT = "bullion collect"
NAMED = 3


def effects() -> str:
    """How many changes wait.

    Raises:
        FailedCheckError: some were rejected, or wait for a process that does not run.
    """
    with sight.warehouse() as connection:
        found = open_changes(connection)
        doer = sight.one(connection, "select ops.process_of(%s)", "collect")
    rejected = [one for one in found if one.outcome == "rejected"]
    if rejected:
        reasons = "; ".join(f"{_named(one)}: {one.reason}" for one in rejected[-NAMED:])
        raise FailedCheckError(
            f"{len(rejected)} changes could not be carried out: {reasons}",
            "correct the row (`bullion config set`), or remove it; what may pass is "
            "tried again",
        )
    late = _late(found)
    if late:
        missing = f"{doer} does not come on" if doer else "nobody collects"
        raise FailedCheckError(
            f"{len(late)} changes wait for more than {LATE_S:.0f} s, the oldest of "
            f"{_named(late[0])}: {missing}",
            f"end it, then: {COLLECT}" if doer else COLLECT,
        )
    return f"{len(found)} wait" if found else "every change was carried out"


def _late(found: Sequence[ChangeStatus]) -> list[ChangeStatus]:
    now = datetime.now(UTC)
    return [one for one in found if (now - one.consumed_at).total_seconds() > LATE_S]


def _named(one: ChangeStatus) -> str:
    return f"{one.table_name} {' '.join(one.key)}"
