"""A change of the configuration and its path, in words and milliseconds."""

from typing import Any

from pipelines.config.status import Effect
from pipelines.config.table import word

HAPPENED = {"c": "added", "u": "changed", "d": "removed", "r": "seen in a snapshot"}


def path(effect: Effect) -> dict[str, Any]:
    """A change and the milliseconds since its commit at which each step came."""
    return {
        "table": effect.table_name,
        "key": " ".join(effect.key),
        "what": what(effect),
        "who": effect.who,
        "committed_at": effect.committed_at,
        **effect.path,
        "outcome": effect.outcome,
        "reason": effect.reason,
    }


def what(effect: Effect) -> str:
    """What happened to the row: of a change the columns, old → new."""
    if effect.op == "u" and effect.changes:
        return ", ".join(
            f"{name} {told(old)} → {told(new)}"
            for name, (old, new) in effect.changes.items()
        )
    return HAPPENED[effect.op]


def subject(effect: Effect) -> str:
    """The table and the key."""
    return f"{effect.table_name} {' '.join(effect.key)}"


def told(value: Any) -> str:
    """A column's value as a word."""
    return "nothing" if value is None else word(value)
