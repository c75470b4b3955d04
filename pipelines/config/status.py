"""What became of the changes of the configuration: `ops.config_effects`.

One row there is a change of a row of a config table: who made it, what it changed, and
when it was committed, captured, consumed, applied. The consumer of the stream notes
changes; the process that they configure notes here what became of each.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, LiteralString

from pipelines.warehouse import Connection, has_table, scalar

STATUS_CHANNEL = "bullion_effects"

Op = Literal["c", "u", "d"]
Outcome = Literal["waiting", "applied", "rejected", "overtaken"]

EFFECT: LiteralString = """
select
    e.effect_id, e.table_name, e.row_key, e.op, e.is_inferred, e.lsn,
    e.transaction_id, e.transaction_position, e.login, e.role, e.application_name,
    e.changes::text, e.committed_at, e.captured_at, e.consumed_at, e.outcome, e.reason,
    e.attempts_count, e.applied_at, e.applied_by, e.first_row_at, e.first_load_id
from ops.config_effects as e
"""
OPEN: LiteralString = (
    EFFECT + "where e.outcome in ('waiting', 'rejected')"
    " and (%(tables)s::text[] is null or e.table_name = any(%(tables)s))"
    " order by e.effect_id"
)
NEWEST: LiteralString = (
    EFFECT
    + """
where
    (%(table)s::text is null or e.table_name = %(table)s)
    and (not %(is_open)s or e.outcome in ('waiting', 'rejected'))
order by e.effect_id desc
limit %(limit)s
"""
)
ROWLESS: LiteralString = (
    EFFECT + "where e.table_name = any(%s) and e.outcome = 'applied' and e.op <> 'd'"
    " and e.first_row_at is null and e.applied_at > clock_timestamp() - %s"
    " order by e.effect_id"
)
APPLY: LiteralString = "select ops.apply_config_effects(%s, %s)"
REJECT: LiteralString = "select ops.reject_config_effects(%s, %s)"
POSTPONE: LiteralString = "select ops.postpone_config_effects(%s, %s)"
FIRST_ROW: LiteralString = "select ops.note_first_row(%s, %s, %s)"


@dataclass(frozen=True)
class ChangeStatus:
    """A change and what became of it; `changes` are old and new by column.

    `row_key` is the key as a JSON array, `key` its values as text. Of `changes`,
    decimals are text and floating numbers `Decimal`; `transaction_id` has 32 bits. Who
    made it is None where it is not known.
    """

    effect_id: int
    table_name: str
    row_key: str
    op: Op
    is_inferred: bool
    lsn: int
    transaction_id: int | None
    transaction_position: int | None
    login: str | None
    role: str | None
    application_name: str | None
    changes: Mapping[str, tuple[Any, Any]]
    committed_at: datetime | None
    captured_at: datetime | None
    consumed_at: datetime
    outcome: Outcome
    reason: str | None
    attempts_count: int
    applied_at: datetime | None
    applied_by: str | None
    first_row_at: datetime | None
    first_load_id: str | None

    @property
    def key(self) -> tuple[str, ...]:
        """The values of the row's key, each as text."""
        return tuple(
            part if isinstance(part, str) else json.dumps(part)
            for part in json.loads(self.row_key)
        )

    @property
    def who(self) -> str:
        """The login, the role that it had assumed, and the program."""
        return who(self.login, self.role, self.application_name)

    @property
    def is_choice_of_series(self) -> bool:
        """Whether an instrument is collected from now on that was not before it."""
        enabled = self.changes.get("is_enabled", (None, None))
        return (
            self.table_name == "instruments"
            and self.op != "d"
            and enabled[1] is True
            and enabled[0] is not True
        )


def open_changes(
    connection: Connection, table_names: Sequence[str] | None = None
) -> list[ChangeStatus]:
    """Changes that are not applied, rejected ones too, the oldest first.

    Of these tables; of all by default. Empty where the warehouse has no such table yet.
    """
    if not has_table(connection, "ops.config_effects"):
        return []
    tables = None if table_names is None else list(table_names)
    return [status_of(row) for row in connection.execute(OPEN, {"tables": tables})]


def newest_changes(
    connection: Connection,
    table: str | None = None,
    *,
    is_open: bool = False,
    limit: int = 50,
) -> list[ChangeStatus]:
    """The newest changes, the last one first; those that are open, if so asked."""
    values = {"table": table, "is_open": is_open, "limit": limit}
    return [status_of(row) for row in connection.execute(NEWEST, values)]


def applied(connection: Connection, changes: Sequence[ChangeStatus], by: str) -> int:
    """Note that what runs is configured so now; how many were open until now."""
    return _note(connection, APPLY, changes, by)


def rejected(
    connection: Connection, changes: Sequence[ChangeStatus], reason: str
) -> int:
    """Note why changes can not be carried out; how many. They may be applied later."""
    return _note(connection, REJECT, changes, reason)


def postponed(
    connection: Connection, changes: Sequence[ChangeStatus], reason: str
) -> int:
    """Note why changes could not be carried out yet; their outcome stays. How many."""
    return _note(connection, POSTPONE, changes, reason)


def rowless_changes(
    connection: Connection, table_names: Sequence[str], applied_within: timedelta
) -> list[ChangeStatus]:
    """Changes of these tables that were applied lately, and have no row yet."""
    if not has_table(connection, "ops.config_effects"):
        return []
    rows = connection.execute(ROWLESS, (list(table_names), applied_within))
    return [status_of(row) for row in rows]


def first_row(
    connection: Connection, changes: Sequence[ChangeStatus], load_id: str, at: datetime
) -> int:
    """Note the first row that was loaded because of changes; how many had none."""
    return _note(connection, FIRST_ROW, changes, load_id, at)


def who(login: str | None, role: str | None, application_name: str | None) -> str:
    """Who made a change, in a few words."""
    if login is None:
        return "not known"
    acting = f" as {role}" if role else ""
    return f"{login}{acting}, {application_name or 'a program without a name'}"


def status_of(row: Sequence[Any]) -> ChangeStatus:
    """A row of `EFFECT`."""
    fields = dict(zip(ChangeStatus.__dataclass_fields__, row, strict=True))
    changes = json.loads(fields["changes"], parse_float=Decimal)
    fields["changes"] = {name: tuple(pair) for name, pair in changes.items()}
    return ChangeStatus(**fields)


def _note(
    connection: Connection,
    statement: LiteralString,
    changes: Sequence[ChangeStatus],
    *parameters: Any,
) -> int:
    ids = [change.effect_id for change in changes]
    return int(scalar(connection, statement, ids, *parameters)) if ids else 0
