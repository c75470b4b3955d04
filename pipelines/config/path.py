"""A change of the configuration and its path, in words and milliseconds."""

from datetime import timedelta
from typing import Any

from pipelines.config.status import ChangeStatus
from pipelines.config.table import word

MILLISECOND = timedelta(milliseconds=1)
HAPPENED = {"c": "added", "u": "changed", "d": "removed", "r": "seen in a snapshot"}


def path(change: ChangeStatus) -> dict[str, Any]:
    """A change and the milliseconds since its commit of each step; None: not so far."""
    steps = {
        "captured_ms": change.captured_at,
        "consumed_ms": change.consumed_at,
        "applied_ms": change.applied_at,
        "first_row_ms": change.first_row_at,
    }
    began = change.committed_at
    return {
        "table": change.table_name,
        "key": " ".join(change.key),
        "what": what(change),
        "who": change.who,
        "committed_at": change.committed_at,
        **{
            name: round((at - began) / MILLISECOND, 3) if at and began else None
            for name, at in steps.items()
        },
        "outcome": change.outcome,
        "reason": change.reason,
    }


def what(change: ChangeStatus) -> str:
    """What happened to the row: of a change the columns, old → new."""
    if change.op == "u" and change.changes:
        return ", ".join(
            f"{name} {as_word(old)} → {as_word(new)}"
            for name, (old, new) in change.changes.items()
        )
    return HAPPENED[change.op]


def subject(change: ChangeStatus) -> str:
    """The table and the key."""
    return f"{change.table_name} {' '.join(change.key)}"


def as_word(value: Any) -> str:
    """A column's value as a word."""
    return "nothing" if value is None else word(value)
