"""Why a change of the configuration has not taken effect, and what mends it."""

from typing import LiteralString

from pipelines.config.path import subject
from pipelines.config.wait import WaitResult
from pipelines.errors import BadDataError, BullionError, UpstreamError
from pipelines.local.debezium_properties import SLOT
from pipelines.warehouse import Connection, scalar

FOLLOW = "config follow"
COLLECT = "collect"
NAMED = 3  # changes that a sentence names; the rest it counts

# what a process is called: `warehouse.process_name`
PROCESS: LiteralString = "select ops.process_of(%s)"
CAPTURED: LiteralString = """
select s.active, s.confirmed_flush_lsn >= %s::pg_lsn, s.confirmed_flush_lsn::text
from pg_replication_slots as s
where s.slot_name = %s and s.database = current_database()
"""


def failure(connection: Connection, result: WaitResult) -> BullionError | None:
    """What is wrong with changes that have not all taken effect; None: they have."""
    if result.rejected:
        return BadDataError(
            "; ".join(f"{subject(e)} is rejected: {e.reason}" for e in result.rejected)
        )
    if not result.is_over:
        return UpstreamError(f"{_subjects(result)}: {diagnose(connection, result)}")
    if result.superseded:
        named = ", ".join(map(subject, result.superseded))
        return BullionError(f"{named}: changed again before it took effect")
    return None


def diagnose(connection: Connection, result: WaitResult) -> str:
    """Which step of the path a transaction's changes wait for, and its remedy."""
    if not result.has_all:
        return _not_consumed(connection, result)
    if result.waiting:
        if reasons := {e.reason for e in result.waiting if e.reason}:
            return f"not applied yet, and tried again: {'; '.join(sorted(reasons))}"
        runs = scalar(connection, PROCESS, COLLECT)
        if runs is None:
            return "not applied: `bullion collect` does not run; start it"
        return f"not applied, though {runs} runs; `bullion doctor` says why"
    return (
        "applied, and its first row has not come yet; `bullion doctor` says whether its"
        " venue answers"
    )


def _not_consumed(connection: Connection, result: WaitResult) -> str:
    slot = connection.execute(CAPTURED, (result.committed.lsn, SLOT)).fetchone()
    follow = scalar(connection, PROCESS, FOLLOW)
    steps = []
    if slot is None or not slot[0]:
        steps.append(
            "not captured: Debezium does not read this warehouse's log; `bullion up"
            " kafka debezium` starts it"
        )
    elif not slot[1]:
        steps.append(
            f"not captured: Debezium has sent to Kafka what is before {slot[2]}, and"
            f" not {result.committed.lsn}; `bullion doctor` says why"
        )
    if follow is None:
        steps.append("not consumed: `bullion config follow` does not run; start it")
    if not steps:
        return (
            f"not consumed, though {follow} runs; `bullion doctor` and `bullion config"
            " dead-letters` say why"
        )
    return "; ".join(steps)


def _subjects(result: WaitResult) -> str:
    late = [*result.waiting, *result.rowless]
    missing_count = result.committed.changes_count - len(result.statuses)
    if missing_count > 0:
        return f"{missing_count} of {result.committed.changes_count} changes"
    named = ", ".join(map(subject, late[:NAMED]))
    return named if len(late) <= NAMED else f"{named} and {len(late) - NAMED} more"
