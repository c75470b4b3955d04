"""What configures Debezium Server: one set of properties for both ways to run it.

The embedded server reads them as a file, Compose gives the same keys by environment. No
password is among them: those of `secrets` come by environment alone.
https://debezium.io/documentation/reference/3.6/connectors/postgresql.html
https://debezium.io/documentation/reference/3.6/operations/debezium-server.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.local.kafka_access import Access

PREFIX = "bullion"  # of every topic; the table's schema and name follow
SCHEMA = "config"
PUBLICATION = "bullion_config"
SLOT = "bullion_config"
ROLE = "cdc"
OFFSETS_SCHEMA = "cdc"
OFFSETS_TABLE = "debezium_offset_storage"
OFFSETS = Path(__file__).with_name("debezium_offsets.sql")

TRANSACTIONS_TOPIC = f"{PREFIX}.transaction"
MESSAGES_TOPIC = f"{PREFIX}.message"
SIGNALS_TOPIC = f"{PREFIX}.signals"
DEAD_LETTERS_TOPIC = f"{PREFIX}.dead_letters"
HEARTBEAT_TOPIC = f"heartbeat.{PREFIX}"

# Rows of one COPY share an LSN, and so may a commit and what follows it. A connector of
# 3.6 that goes on within a transaction leaves out what shares the LSN where it ended
# (168 of 71,000 changes in five kills; https://github.com/debezium/debezium/pull/7531).
# It reads its offset by this statement and so begins the transaction again: what of it
# was sent before has the same identity. Look again when a version counts within an LSN.
OFFSETS_SELECT = " ".join(
    line.strip()
    for line in OFFSETS.read_text("utf-8").splitlines()
    if line and not line.startswith("--")
)
# of 1255 characters by default: it grows with the tables that a transaction writes
OFFSETS_DDL = (
    f"create table {OFFSETS_TABLE} (id text primary key, offset_key text, "
    "offset_val text, record_insert_ts timestamp not null, "
    "record_insert_seq integer not null)"
)

HEARTBEAT_S = 5
# A message in the WAL needs no table; it moves an idle slot on, and its content, when
# it was written in epoch seconds, gives its reader the age of the whole chain.
# What runs is noted so that the slot lets go of the WAL of bulk loads that have ended.
HEARTBEAT_PREFIX = "bullion heartbeat"  # of the message, which others may write too
NOTING = "cdc.note_running_transactions()"
HEARTBEAT_QUERY = (
    f"select pg_logical_emit_message(false, '{HEARTBEAT_PREFIX}', "  # noqa: S608
    f"extract(epoch from clock_timestamp())::text), {NOTING}"
)

SOURCE = {
    "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
    "plugin.name": "pgoutput",
    "topic.prefix": PREFIX,
    "topic.heartbeat.prefix": "heartbeat",
    "publication.name": PUBLICATION,
    "publication.autocreate.mode": "disabled",
    "slot.name": SLOT,
    # after kill -9 the slot is in use until Postgres sees the connection gone
    "slot.max.retries": "60",
    "slot.retry.delay.ms": "500",
    # what would be tried again within the process would continue from the offset in its
    # memory: it ends instead, and begins again with the statement above
    "errors.max.retries": "0",
    "table.include.list": f"{SCHEMA}[.].*",
    # also when the slot is gone: without it, what changed meanwhile is lost in silence
    "snapshot.mode": "when_needed",
    "read.only": "true",
    "signal.enabled.channels": "kafka",
    "signal.kafka.topic": SIGNALS_TOPIC,
    # of 5 s: its consumer needs four looks before it reads
    "signal.poll.interval.ms": "500",
    "provide.transaction.metadata": "true",
    "decimal.handling.mode": "string",
    "interval.handling.mode": "string",
    "time.precision.mode": "adaptive",
    "binary.handling.mode": "bytes",
    "tombstones.on.delete": "true",
    # both of its loops look so often while nothing happens: at 5, a fifth of a core
    "poll.interval.ms": "20",
    # the queue holds whole events: bounded by what the heap can hold
    "max.queue.size.in.bytes": "33554432",
    "heartbeat.interval.ms": str(HEARTBEAT_S * 1000),
    "heartbeat.action.query": HEARTBEAT_QUERY,
    "offset.storage": "io.debezium.storage.jdbc.offset.JdbcOffsetBackingStore",
    "offset.storage.jdbc.offset.table.name": OFFSETS_TABLE,
    "offset.storage.jdbc.offset.table.ddl": OFFSETS_DDL,
    "offset.storage.jdbc.offset.table.select": OFFSETS_SELECT,
    "offset.flush.interval.ms": "0",
}
PRODUCER = {
    "key.serializer": "org.apache.kafka.common.serialization.StringSerializer",
    "value.serializer": "org.apache.kafka.common.serialization.StringSerializer",
    "acks": "all",
    "enable.idempotence": "true",
    "linger.ms": "0",
    "max.request.size": "10485760",
}
QUARKUS = {
    "banner.enabled": "false",
    "log.level": "INFO",
    "log.console.json.enabled": "false",
    # every value of every setting, at each start
    'log.category."org.apache.kafka".level': "WARN",
}
FORMATS = ("key", "value", "header")

# Each is the password of the role `cdc`.
PASSWORDS = (
    "debezium.source.database.password",
    "debezium.source.offset.storage.jdbc.connection.password",
)
# The clients of Kafka, who write changes and read signals; offsets stand in Postgres.
PRODUCES = "debezium.sink.kafka.producer"
READS_SIGNALS = "debezium.source.signal.consumer"


@dataclass(frozen=True)
class Places:
    """Where Debezium Server finds Postgres and Kafka, and where it is found.

    `kafka` may be anybody's login there: the one it uses is secret.
    """

    host: str
    port: int
    dbname: str
    kafka: Access
    http_host: str
    http_port: int


def properties(places: Places) -> dict[str, str]:
    """Every property but the passwords."""
    source = {
        **SOURCE,
        "database.hostname": places.host,
        "database.port": str(places.port),
        "database.dbname": places.dbname,
        "database.user": ROLE,
        "signal.kafka.bootstrap.servers": places.kafka.address,
        "offset.storage.jdbc.connection.url": (
            f"jdbc:postgresql://{places.host}:{places.port}/{places.dbname}"
            f"?currentSchema={OFFSETS_SCHEMA}"
        ),
        "offset.storage.jdbc.connection.user": ROLE,
    }
    asking = places.kafka.java_properties
    producer = {**PRODUCER, "bootstrap.servers": places.kafka.address, **asking}
    http = {"http.host": places.http_host, "http.port": str(places.http_port)}
    return {
        "debezium.sink.type": "kafka",
        **_prefixed(PRODUCES, producer),
        **_prefixed(READS_SIGNALS, asking),
        **{f"debezium.format.{name}": "json" for name in FORMATS},
        **{f"debezium.format.{name}.schemas.enable": "false" for name in FORMATS},
        **_prefixed("debezium.source", source),
        **_prefixed("quarkus", {**QUARKUS, **http}),
    }


def secrets(password: str, kafka: Access) -> dict[str, str]:
    """The properties that hold a secret: the role's password, the login at Kafka."""
    found = dict.fromkeys(PASSWORDS, password)
    if kafka.user:
        logins = [f"{client}.sasl.jaas.config" for client in (PRODUCES, READS_SIGNALS)]
        found |= dict.fromkeys(logins, kafka.jaas)
    return found


def as_environment(properties: Mapping[str, str]) -> dict[str, str]:
    """The same, by environment: what is no letter or digit is an underscore there."""
    return {
        re.sub(r"\W", "_", name.upper()): value for name, value in properties.items()
    }


def _prefixed(prefix: str, values: Mapping[str, str]) -> dict[str, str]:
    return {f"{prefix}.{name}": value for name, value in values.items()}
