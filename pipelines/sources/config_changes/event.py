"""A change of a config table, decoded by the table's declaration."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.config.declaration import Declaration
from pipelines.sources.config_changes.connector import Connector
from pipelines.sources.config_changes.envelope import (
    SHOWN,
    Envelope,
    Key,
    Row,
    as_json,
    envelope,
    message_key,
    part,
    whole_number,
)
from pipelines.sources.config_changes.images import images
from pipelines.sources.config_changes.row_key import row_key

# read (of a snapshot), create, update, delete, truncate
OPERATIONS = ("r", "c", "u", "d", "t")
# rows of an incremental snapshot are read one chunk after the other, between changes
PARTIAL = "incremental"
LAST_OF_ALL = "last"
LAST_OF_TABLE = "last_in_data_collection"
SNAPSHOTS = (
    *(None, "false", "true", "first", "first_in_data_collection"),
    *(LAST_OF_TABLE, LAST_OF_ALL, PARTIAL),
)
END_US = 253_402_300_800_000_000  # of the year 9999, which Python's times end with

# effective LSN, 0 for what a snapshot implies and 1 for what was sent, 0 for what it
# read and 1 for a change, LSN, position in the transaction, offset
Order = tuple[int, int, int, int, int, int]
Identity = tuple[str | int | None, ...]


@dataclass(frozen=True, slots=True)
class ChangeEvent:
    """One change of one row; `before` and `after` by column, numbers as sent.

    `row_key` is the row's key as a JSON array, `position` that in its transaction. A
    truncation has no key. A changed key comes as a delete and a create. `occurrence`
    is its place among the changes of its row that have no position (`Deliveries`).
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
    occurrence: int = 0

    @property
    def identity(self) -> Identity:
        """What identifies it, however often it is delivered.

        Without a position its content does, and of equal ones which it is.
        """
        place = (self.table, self.lsn, self.transaction_id, self.row_key, self.op)
        if self.position is not None:
            return (*place, self.position)
        return (*place, None, self.content, self.occurrence)

    @property
    def content(self) -> str:
        """What it says of the row."""
        return as_json([self.op, self.before, self.after])

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
    connector: Connector | None = None,
) -> ChangeEvent | None:
    """The change that a message carries; None: it is a tombstone.

    `connector` is who must have written it, if that matters.

    Raises:
        ValueError: it does not decode, or does not fit its table; says why, in text
            that Postgres holds.
    """
    try:
        return _decoded(value, table, offset, key, connector)
    except ValueError as error:
        reason = str(error)
    except Exception as error:  # noqa: BLE001  # one record never stops the stream
        reason = f"not decoded: {type(error).__name__}: {error}"
    raise ValueError(_storable(reason))


def _storable(text: str) -> str:
    return text.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()


def _decoded(
    value: bytes | str | None,
    table: Declaration,
    offset: int,
    key: bytes | str | None,
    connector: Connector | None,
) -> ChangeEvent | None:
    sent = envelope(value)
    if sent is None:
        return None
    schema, name = sent.source.get("schema"), sent.source.get("table")
    if not table.is_of(schema, name):
        raise ValueError(f"a change of {schema}.{name}, not of {table.table}")
    if connector:
        connector.refuse_others(sent.source, table.table)
    if table.unsent:
        raise ValueError(table.unsent)
    op = sent.payload["op"]
    if op not in OPERATIONS:
        raise ValueError(f"op {as_json(op)[:20]}, none of {', '.join(OPERATIONS)}")
    before, after = images(sent, table)
    return ChangeEvent(
        table=table.table,
        op=op,
        row_key=row_key(op, before, after, _keyed(key, table), table),
        before=before,
        after=after,
        lsn=_lsn(sent),
        offset=offset,
        **_facts(sent),
    )


def _keyed(message: bytes | str | None, table: Declaration) -> Key | None:
    """A message's key, of the columns that are declared as one."""
    key = message_key(message)
    if key and key.columns and set(key.columns) != set(table.key):
        sent, declared = ", ".join(key.columns), ", ".join(table.key)
        raise ValueError(f"its key is ({sent}), and that of {table.table} ({declared})")
    return key


def _lsn(sent: Envelope) -> int:
    lsn = whole_number(sent.source.get("lsn"), "source.lsn")
    if lsn is None:
        raise ValueError("no source.lsn: its place in the source is unknown")
    return lsn


def _facts(sent: Envelope) -> Mapping[str, Any]:
    """What the envelope says beside the row."""
    source, transaction = sent.source, part(sent.payload, "transaction")
    return {
        "transaction_id": whole_number(source.get("txId"), "source.txId"),
        "position": whole_number(transaction.get("total_order"), "total_order"),
        "snapshot": _snapshot(source.get("snapshot")),
        "committed_at_us": _micros(source, "source"),
        "captured_at_us": _micros(sent.payload, "the event"),
    }


def _snapshot(sent: Any) -> str | None:
    """Which part of a snapshot it is; the first versions sent a truth."""
    name = str(sent).lower() if isinstance(sent, bool) else sent
    if name not in SNAPSHOTS:
        raise ValueError(f"source.snapshot is {as_json(sent)[:SHOWN]}")
    return None if name == "false" else name


def _micros(stamped: Row, name: str) -> int | None:
    """Debezium's `ts_us`, of version 2.5 and later, or its `ts_ms`."""
    micros = whole_number(stamped.get("ts_us"), f"ts_us of {name}")
    if micros is None:
        millis = whole_number(stamped.get("ts_ms"), f"ts_ms of {name}")
        micros = None if millis is None else millis * 1000
    if micros is not None and micros >= END_US:
        raise ValueError(f"the time of {name} is {micros} µs, beyond the year 9999")
    return micros
