"""The steps of a resync: what it asks of Postgres, the slot, the signal to Debezium.

A signal through Kafka has a running Debezium Server read the config tables anew:
streaming pauses, the tables are read, streaming continues. The connector reads it once
it runs, also when it was sent before.
https://debezium.io/documentation/reference/3.6/configuration/signalling.html
"""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
from psycopg import sql

from pipelines.local import debezium_properties as debezium
from pipelines.local import postgres, replication_slot
from pipelines.local.kafka_access import Access
from pipelines.local.service import Say
from pipelines.settings import settings
from pipelines.sources.config_changes.history import newest_whole_snapshot
from pipelines.sources.config_changes.kafka_clients import KafkaClients, unavailable
from pipelines.sources.config_changes.tables import SCHEMA, streamed_tables
from pipelines.warehouse import Connection, scalar

CONNECT_TIMEOUT_S = 5
SEND_TIMEOUT_S = 10

NOW: LiteralString = "select (pg_current_wal_lsn() - '0/0')::bigint"
IS_EMPTY: LiteralString = "select ops.is_config_table_empty(%s)"
KEPT: LiteralString = """
select c.relname from pg_class as c
where c.relnamespace = to_regnamespace(%s) and c.relkind = 'r'
"""
NEWEST: LiteralString = """
select timestamptz 'epoch' + max(c.committed_at_us) * interval '1 microsecond'
from {table} as c
"""
INFERRED: LiteralString = """
select count(*) from {table} as c where c.is_inferred and c.lsn >= {since}
"""


def names(connection: Connection) -> list[str]:
    """The config tables."""
    return list(streamed_tables(connection))


def lsn_now(connection: Connection) -> int:
    """How far the WAL is written."""
    return int(scalar(connection, NOW))


def are_empty(connection: Connection) -> bool:
    """Whether no config table has a row."""
    return all(scalar(connection, IS_EMPTY, name) for name in names(connection))


def snapshot(connection: Connection) -> int | None:
    """The LSN of the newest snapshot that bronze holds whole; None: there is none."""
    return newest_whole_snapshot(connection, _with_history(connection))


def newest_commit(connection: Connection) -> datetime | None:
    """When the newest change that bronze holds was committed."""
    return max((s for s in _of_each(connection, NEWEST) if s), default=None)


def inferred_count(connection: Connection, since: int) -> int:
    """How many deletes were inferred from snapshots after an LSN."""
    return sum(_of_each(connection, INFERRED, since=since))


def mend_slot(connection: Connection, say: Say) -> bool:
    """Drop a slot that is lost; whether the connector has to make one.

    One that finds none makes it and reads the tables anew, without being asked.

    Raises:
        SetupError: this login may not.
    """
    slot = replication_slot.slot(connection)
    if slot and not slot.is_lost:
        return False
    before = newest_commit(connection)
    if slot:
        say(f"the slot is lost ({slot.reason or slot.wal_status}): it is dropped")
        with _privileged() as owner:
            replication_slot.drop(owner)
    else:
        say("there is no slot: the connector makes one")
    say(
        f"changes committed after {before or 'the beginning'} and before the snapshot "
        "are known by their result alone; the WAL that held each of them is gone"
    )
    return True


def cut_off_connector(wait_s: float) -> None:
    """Have the connector begin anew from its slot; returns when it has.

    As long as it runs, one that made its slot dates every snapshot by that moment.

    Raises:
        SetupError: this login may not.
    """
    with _privileged() as owner:
        replication_slot.cut_off(owner, wait_s)


def ask_for_snapshot(access: Access) -> None:
    """Have every streamed table read; returns when the broker holds the signal.

    Raises:
        UpstreamError: the broker does not answer.
    """
    signal = {
        "id": str(uuid4()),
        "type": "execute-snapshot",
        "data": {"type": "BLOCKING", "data-collections": [f"{debezium.SCHEMA}[.].*"]},
    }
    with closing(KafkaClients(access)) as clients, unavailable(access):
        future = clients.producer.send(
            debezium.SIGNALS_TOPIC,
            key=debezium.PREFIX.encode(),
            value=json.dumps(signal).encode(),
        )
        future.get(SEND_TIMEOUT_S)


def _with_history(connection: Connection) -> list[str]:
    """The config tables that have a history."""
    tables = {name for (name,) in connection.execute(KEPT, (SCHEMA,))}
    return [name for name in names(connection) if name in tables]


def _of_each(
    connection: Connection, text: LiteralString, **words: Any
) -> Iterator[Any]:
    for name in _with_history(connection):
        table = sql.Identifier(SCHEMA, name)
        yield scalar(connection, sql.SQL(text).format(table=table, **words))


def _privileged() -> Connection:
    """A connection that may end the connector's sessions and drop its slot."""
    owner = postgres.warehouse_parameters()
    given = settings().cdc_password
    if given:
        owner |= {"user": debezium.ROLE, "password": given.get_secret_value()}
    return psycopg.connect(**owner, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S)
