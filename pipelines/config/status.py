"""What became of the changes of the configuration: `ops.config_effects`.

One row there is a change of a row of a config table: who made it, what it changed, and
when it was committed, captured, consumed, applied. The consumer of the stream notes
changes; whoever is configured by them says here what became of each.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, LiteralString

from pipelines.warehouse import Connection, has_table

STATUS_CHANNEL = "bullion_effects"

Op = Literal["c", "u", "d"]
Outcome = Literal["waiting", "applied", "rejected", "overtaken"]

MILLISECOND = timedelta(milliseconds=1)

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
LAST: LiteralString = (
    "select coalesce(max(e.effect_id), 0) from ops.config_effects as e"
)
OF_TRANSACTION: LiteralString = (
    EFFECT + "where e.effect_id > %s and e.transaction_id = %s order by e.effect_id"
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
    def path(self) -> Mapping[str, float | None]:
        """Milliseconds since the commit, of each step; None: not so far."""
        steps = {
            "captured_ms": self.captured_at,
            "consumed_ms": self.consumed_at,
            "applied_ms": self.applied_at,
            "first_row_ms": self.first_row_at,
        }
        began = self.committed_at
        return {
            name: round((at - began) / MILLISECOND, 3) if at and began else None
            for name, at in steps.items()
        }

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
    found = connection.execute(OPEN, {"tables": tables})
    return [status_of(row) for row in found]


def last_effect_id(connection: Connection) -> int:
    """The number of the newest change; what is committed later has a higher one."""
    row = connection.execute(LAST).fetchone()
    return int(row[0]) if row else 0


def changes_of_transaction(
    connection: Connection, transaction_id: int, after_id: int
) -> list[ChangeStatus]:
    """The changes of a transaction of these lower 32 bits, after one's number."""
    found = connection.execute(OF_TRANSACTION, (after_id, transaction_id))
    return [status_of(row) for row in found]


def newest_changes(
    connection: Connection,
    table: str | None = None,
    *,
    is_open: bool = False,
    limit: int = 50,
) -> list[ChangeStatus]:
    """The newest changes, the last one first; those that are open, if so asked."""
    told = {"table": table, "is_open": is_open, "limit": limit}
    return [status_of(row) for row in connection.execute(NEWEST, told)]


def applied(connection: Connection, changes: Sequence[ChangeStatus], by: str) -> int:
    """Note that what runs is configured so now; how many were open until now."""
    return _noted(connection, APPLY, changes, by)


def rejected(
    connection: Connection, changes: Sequence[ChangeStatus], reason: str
) -> int:
    """Note why changes can not be carried out; how many. They may be applied later."""
    return _noted(connection, REJECT, changes, reason)


def postponed(
    connection: Connection, changes: Sequence[ChangeStatus], reason: str
) -> int:
    """Note why changes could not be carried out yet; their outcome stays. How many."""
    return _noted(connection, POSTPONE, changes, reason)


def rowless_changes(
    connection: Connection, table_names: Sequence[str], applied_within: timedelta
) -> list[ChangeStatus]:
    """Changes of these tables that were applied of late, and brought no row yet."""
    if not has_table(connection, "ops.config_effects"):
        return []
    found = connection.execute(ROWLESS, (list(table_names), applied_within))
    return [status_of(row) for row in found]


def first_row(
    connection: Connection, changes: Sequence[ChangeStatus], load_id: str, at: datetime
) -> int:
    """Note the first row that was loaded because of changes; how many had none."""
    return _noted(connection, FIRST_ROW, changes, load_id, at)


def who(login: str | None, role: str | None, application_name: str | None) -> str:
    """Who made a change, in a few words."""
    if login is None:
        return "not known"
    acting = f" as {role}" if role else ""
    return f"{login}{acting}, {application_name or 'a program without a name'}"


def status_of(found: Sequence[Any]) -> ChangeStatus:
    """A row of `EFFECT`."""
    fields = dict(zip(ChangeStatus.__dataclass_fields__, found, strict=True))
    changes = json.loads(fields["changes"], parse_float=Decimal)
    fields["changes"] = {name: tuple(pair) for name, pair in changes.items()}
    return ChangeStatus(**fields)


def _noted(
    connection: Connection,
    statement: LiteralString,
    changes: Sequence[ChangeStatus],
    *parameters: Any,
) -> int:
    ids = [change.effect_id for change in changes]
    row = connection.execute(statement, (ids, *parameters)).fetchone() if ids else None
    return int(row[0]) if row else 0
