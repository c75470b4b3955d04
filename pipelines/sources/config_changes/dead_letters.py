"""Messages that were refused, and taking them in once they are mended.

A mended message is folded by its source position, as if it had never been refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from pipelines.config.declaration import Declaration
from pipelines.local.debezium_properties import PREFIX
from pipelines.sources.config_changes.batch import (
    Batch,
    Landed,
    Message,
    Place,
    Refused,
    raw_bytes,
)
from pipelines.sources.config_changes.connector import Connector
from pipelines.sources.config_changes.ledger import Ledger
from pipelines.sources.config_changes.topics import landed
from pipelines.warehouse import Connection, has_table

WAITING: LiteralString = """
with waiting as (
    select distinct on (q.topic_id, q.topic_partition, q.topic_offset)
        q.*
    from bronze_config.quarantine as q
    where not exists (
        select from bronze_config.mended as m
        where
            m.topic_id = q.topic_id
            and m.topic_partition = q.topic_partition
            and m.topic_offset = q.topic_offset
    )
    order by q.topic_id, q.topic_partition, q.topic_offset, q.received_at desc
)
"""
EACH: LiteralString = (
    WAITING
    + """
select
    w.table_name, w.reason, w.raw_key, w.raw, w.raw_encoding,
    w.topic, w.topic_id, w.topic_partition, w.topic_offset
from waiting as w
order by w.topic_id, w.topic_partition, w.topic_offset
"""
)
NEWEST: LiteralString = (
    WAITING
    + """
select
    count(*) over (),
    w.topic || ' ' || w.topic_partition || '/' || w.topic_offset || ': ' || w.reason
from waiting as w
order by w.received_at desc, w.topic_offset desc
limit 1
"""
)


@dataclass(frozen=True)
class Retried:
    """What became of the dead letters: `refused` ones stay, with their reason now."""

    reprocessed_count: int
    new_count: int
    refused: Sequence[Refused]


def waiting(connection: Connection) -> list[Refused]:
    """Every message in quarantine that was not taken in, by its place."""
    if not has_table(connection, "bronze_config.quarantine"):
        return []
    return [_refused(*row) for row in connection.execute(EACH)]


def newest(connection: Connection) -> tuple[int, str] | None:
    """How many wait, and the place and reason of the newest; None: none waits."""
    if not has_table(connection, "bronze_config.quarantine"):
        return None
    row = connection.execute(NEWEST).fetchone()
    return (int(row[0]), str(row[1])) if row else None


def retry(connection: Connection, declared: Mapping[str, Declaration]) -> Retried:
    """Take in every dead letter that decodes now, in one commit."""
    connector = Connector.of(PREFIX, connection)
    batch, still = Batch("dead letters, tried again"), []
    for dead in waiting(connection):
        try:
            change = _landed(dead, declared, connector)
        except ValueError as error:
            still.append(Refused(dead.name, dead.message, str(error)))
        else:
            batch.reprocessed.append(dead)
            batch.landed += [change] if change else []
    if not batch.reprocessed:
        return Retried(0, 0, still)
    ledger = Ledger(connection)
    ledger.prepare(declared)
    appended = ledger.append(batch)
    return Retried(len(batch.reprocessed), appended.new_count, still)


def _landed(
    dead: Refused, declared: Mapping[str, Declaration], connector: Connector
) -> Landed | None:
    if dead.name not in declared:
        raise ValueError(f"{dead.name} is not declared")
    return landed(dead.name, dead.message, declared[dead.name], connector)


def _refused(
    name: str, reason: str, key: str, value: str, encoding: str, *place: Any
) -> Refused:
    *partition, offset = place
    raw = raw_bytes(key, encoding), raw_bytes(value, encoding)
    return Refused(name, Message(Place(*partition), offset, *raw), reason)
