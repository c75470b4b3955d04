"""Why a change of the configuration has not taken effect, and what mends it."""

from typing import LiteralString

from pipelines.config.path import subject
from pipelines.config.wait import WaitResult
from pipelines.errors import BadDataError, BullionError, UpstreamError
from pipelines.local.debezium_properties import SLOT
from pipelines.warehouse import Connection

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


def failure(connection: Connection, found: WaitResult) -> BullionError | None:
    """What to tell of changes that have not all taken effect; None: they have."""
    if found.rejected:
        return BadDataError(
            "; ".join(f"{subject(e)} is rejected: {e.reason}" for e in found.rejected)
        )
    if not found.is_over:
        return UpstreamError(f"{_subjects(found)}: {diagnose(connection, found)}")
    if found.superseded:
        told = ", ".join(map(subject, found.superseded))
        return BullionError(f"{told}: changed again before it took effect")
    return None


def diagnose(connection: Connection, found: WaitResult) -> str:
    """Which step of the path a transaction's changes wait for, and its remedy."""
    if not found.has_all:
        return _not_consumed(connection, found)
    if found.waiting:
        if reasons := {e.reason for e in found.waiting if e.reason}:
            return f"not applied yet, and tried again: {'; '.join(sorted(reasons))}"
        runs = _process(connection, COLLECT)
        if runs is None:
            return "not applied: `bullion collect` does not run; start it"
        return f"not applied, though {runs} runs; `bullion doctor` says why"
    return (
        "applied, and its first row has not come yet; `bullion doctor` says whether its"
        " venue answers"
    )


def _not_consumed(connection: Connection, found: WaitResult) -> str:
    slot = connection.execute(CAPTURED, (found.committed.lsn, SLOT)).fetchone()
    follow = _process(connection, FOLLOW)
    steps = []
    if slot is None or not slot[0]:
        steps.append(
            "not captured: Debezium does not read this warehouse's log; `bullion up"
            " kafka debezium` starts it"
        )
    elif not slot[1]:
        steps.append(
            f"not captured: Debezium has brought to Kafka what is before {slot[2]}, and"
            f" not {found.committed.lsn}; `bullion doctor` says why"
        )
    if follow is None:
        steps.append("not consumed: `bullion config follow` does not run; start it")
    if not steps:
        return (
            f"not consumed, though {follow} runs; `bullion doctor` and `bullion config"
            " dead-letters` say why"
        )
    return "; ".join(steps)


def _subjects(found: WaitResult) -> str:
    late = [*found.waiting, *found.rowless]
    missing_count = found.committed.changes_count - len(found.statuses)
    if missing_count > 0:
        return f"{missing_count} of {found.committed.changes_count} changes"
    shown = ", ".join(map(subject, late[:NAMED]))
    return shown if len(late) <= NAMED else f"{shown} and {len(late) - NAMED} more"


def _process(connection: Connection, work: str) -> str | None:
    row = connection.execute(PROCESS, (work,)).fetchone()
    return str(row[0]) if row and row[0] else None
