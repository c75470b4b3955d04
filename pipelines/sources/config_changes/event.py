"""A change of a config table, decoded by the table's declaration."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.config.declaration import Declaration
from pipelines.sources.config_changes.envelope import (
    Envelope,
    Row,
    as_json,
    envelope,
    is_unavailable,
    message_key,
    whole_number,
)
from pipelines.sources.config_changes.row_key import row_key
from pipelines.sources.config_changes.values import NO_SCHEMA, Schema, fitted

# read (of a snapshot), create, update, delete, truncate
OPERATIONS = ("r", "c", "u", "d", "t")
# rows of an incremental snapshot are read one chunk after the other, between changes
PARTIAL = "incremental"
LAST_OF_ALL = "last"
LAST_OF_TABLE = "last_in_data_collection"

# effective LSN, 0 for what a snapshot implies and 1 for what was sent, 0 for what it
# read and 1 for a change, LSN, position in the transaction, offset
Order = tuple[int, int, int, int, int, int]
Identity = tuple[str, int, int | None, str | None, str, int | None]


@dataclass(frozen=True, slots=True)
class ChangeEvent:
    """One change of one row; `before` and `after` by column, numbers as sent.

    `row_key` is the row's key as a JSON array, `position` that in its transaction. A
    truncation has no key. A changed key comes as a delete and a create.
    """

    table: str
    op: str
    row_key: str | None
    before: Row | None
    after: Row | None
    transaction_id: int | None
    lsn: int
    position: int | None
    snapshot: str | None
    committed_at_us: int | None
    captured_at_us: int | None
    offset: int
    is_inferred: bool = False

    @property
    def identity(self) -> Identity:
        """What identifies it, however often it is delivered."""
        return (
            self.table,
            self.lsn,
            self.transaction_id,
            self.row_key,
            self.op,
            self.position,
        )

    def order(self, effective_lsn: int) -> Order:
        """Where it stands among the changes of its table."""
        return (
            effective_lsn,
            int(not self.is_inferred),
            int(self.op != "r"),
            self.lsn,
            -1 if self.position is None else self.position,
            self.offset,
        )

    @property
    def is_of_snapshot(self) -> bool:
        """Whether it was read by a snapshot of the whole table."""
        return self.op == "r" and self.snapshot != PARTIAL


def decoded(
    value: bytes | str | None,
    table: Declaration,
    *,
    offset: int,
    key: bytes | str | None = None,
) -> ChangeEvent | None:
    """The change that a message carries; None: it is a tombstone.

    Raises:
        ValueError: it does not decode, or does not fit its table; says why.
    """
    sent = envelope(value)
    if sent is None:
        return None
    schema, name = sent.source.get("schema"), sent.source.get("table")
    if not table.is_of(schema, name):
        raise ValueError(f"a change of {schema}.{name}, not of {table.table}")
    op = sent.payload["op"]
    if op not in OPERATIONS:
        raise ValueError(f"op {as_json(op)[:20]}, none of {', '.join(OPERATIONS)}")
    before, after = _images(sent, table)
    key_of_row = row_key(str(op), before, after, _keyed(key, table), table)
    return ChangeEvent(
        table=table.table,
        op=str(op),
        row_key=key_of_row,
        before=before,
        after=after,
        lsn=_lsn(sent),
        offset=offset,
        **_facts(sent),
    )


def _keyed(key: bytes | str | None, table: Declaration) -> Row | None:
    """A message's key, of the columns that are declared as one."""
    columns = message_key(key)
    if columns and set(columns) != set(table.key):
        sent, declared = ", ".join(columns), ", ".join(table.key)
        raise ValueError(f"its key is ({sent}), and that of {table.table} ({declared})")
    return columns


def _lsn(sent: Envelope) -> int:
    lsn = whole_number(sent.source.get("lsn"), "source.lsn")
    if lsn is None:
        raise ValueError("no source.lsn: its place in the source is unknown")
    return lsn


def _facts(sent: Envelope) -> Mapping[str, Any]:
    """What the envelope says beside the row."""
    source, transaction = sent.source, sent.payload.get("transaction") or {}
    snapshot = source.get("snapshot")
    if isinstance(snapshot, bool):  # of the first versions
        snapshot = str(snapshot).lower()
    return {
        "transaction_id": whole_number(source.get("txId"), "source.txId"),
        "position": whole_number(transaction.get("total_order"), "total_order"),
        "snapshot": None if snapshot in (None, "false") else str(snapshot),
        "committed_at_us": _micros(source, "source"),
        "captured_at_us": _micros(sent.payload, "the event"),
    }


def _micros(stamped: Row, name: str) -> int | None:
    """Debezium's `ts_us`, of version 2.5 and later, or its `ts_ms`."""
    micros = whole_number(stamped.get("ts_us"), f"ts_us of {name}")
    if micros is not None:
        return micros
    millis = whole_number(stamped.get("ts_ms"), f"ts_ms of {name}")
    return None if millis is None else millis * 1000


def _images(sent: Envelope, table: Declaration) -> tuple[Row | None, Row | None]:
    """Before and after, fitted; a value that the log did not repeat is the old one."""
    before = _image(sent.payload.get("before"), table, sent.before_fields, "before")
    after = sent.payload.get("after")
    if isinstance(after, dict) and any(map(is_unavailable, after.values())):
        old = sent.payload.get("before")
        after = _repeated(after, old if isinstance(old, dict) else NO_SCHEMA)
    return before, _image(after, table, sent.after_fields, "after")


def _repeated(after: Row, before: Row) -> Row:
    row = {n: before.get(n, v) if is_unavailable(v) else v for n, v in after.items()}
    if lost := [name for name, value in row.items() if is_unavailable(value)]:
        raise ValueError(
            f"the value of {lost[0]!r} was not sent: the table's replica identity is"
            " not full"
        )
    return row


def _image(
    row: Any, table: Declaration, fields: Mapping[str, Schema] | None, name: str
) -> Row | None:
    if row is None:
        return None
    if not isinstance(row, dict):
        raise ValueError(f"`{name}` is no row")  # noqa: TRY004  # of the data
    types, schemas = table.types, fields or NO_SCHEMA
    if unknown := [column for column in row if column not in types]:
        raise ValueError(f"column {unknown[0]!r} is not declared in {table.table}")
    fitting = {}
    for column, value in row.items():
        schema = schemas.get(column, NO_SCHEMA)
        try:
            fitting[column] = fitted(value, types[column], schema)
        except ValueError as error:
            raise ValueError(f"column {column!r}: {error}") from None
    return fitting
