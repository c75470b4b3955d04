"""The bronze tables of the config changes; each says what one row is."""

from collections.abc import Iterable

from pipelines.bronze.tables import Column, Table
from pipelines.config.declaration import Declaration, declared_tables
from pipelines.errors import SetupError
from pipelines.warehouse import Connection

SCHEMA = "bronze_config"
# of the bootstrap; silver stands on them, whether or not a change was ever streamed
CONFIG_TABLES = (
    "chain_endpoints",
    "chains",
    "endpoints",
    "exchanges",
    "instruments",
    "sentiment_feeds",
    "thresholds",
)

PLACE = (
    Column("topic", "text"),
    Column("topic_id", "text"),
    Column("topic_partition", "bigint"),
)
PROVENANCE = (Column("origin", "text"), Column("received_at", "timestamp"))

EVENT = (
    Column("op", "text"),
    Column("row_key", "text", nullable=True),
    Column("before", "text", nullable=True),
    Column("after", "text", nullable=True),
    Column("transaction_id", "bigint", nullable=True),
    Column("lsn", "bigint"),
    Column("transaction_position", "bigint", nullable=True),
    Column("snapshot", "text", nullable=True),
    Column("is_inferred", "bool"),
    Column("committed_at_us", "bigint", nullable=True),
    Column("captured_at_us", "bigint", nullable=True),
    *PLACE,
    Column("topic_offset", "bigint", nullable=True),
    *PROVENANCE,
)

PAGES = Table(
    "pages",  # a span of a partition's offsets that one batch speaks for
    (
        *PLACE,
        Column("from_offset", "bigint"),
        Column("until_offset", "bigint"),
        Column("events_count", "bigint"),
        Column("tombstones_count", "bigint"),
        Column("quarantined_count", "bigint"),
        *PROVENANCE,
    ),
    indexes=(("topic", "topic_partition"),),
)

QUARANTINE = Table(
    # a message that was refused; bytes as text where they are UTF-8 without NUL
    "quarantine",
    (
        Column("table_name", "text"),
        Column("reason", "text"),
        Column("raw_key", "text", nullable=True),
        Column("raw", "text", nullable=True),
        Column("raw_encoding", "text"),
        *PLACE,
        Column("topic_offset", "bigint"),
        *PROVENANCE,
    ),
    indexes=(("topic_id", "topic_partition", "topic_offset"),),
)

MENDED = Table(
    "mended",  # a message of the quarantine that was taken in at a later try
    (
        Column("table_name", "text"),
        *PLACE,
        Column("topic_offset", "bigint"),
        *PROVENANCE,
    ),
    indexes=(("topic_id", "topic_partition", "topic_offset"),),
)

OF_THE_STREAM = (PAGES, QUARANTINE, MENDED)
RESERVED = {table.name for table in OF_THE_STREAM}


def streamed_tables(connection: Connection) -> dict[str, Declaration]:
    """The config tables whose changes are taken in, by name.

    Of one that is called as a table of ours there is no history (`config.publish`
    refuses it), and it stops no other.
    """
    return {
        name: table
        for name, table in declared_tables(connection).items()
        if name not in RESERVED
    }


def changes_of(name: str) -> Table:
    """The bronze table of a config table: a row is a change of one of its rows."""
    return Table(name, EVENT, indexes=(("lsn",),))


def tables(names: Iterable[str]) -> tuple[Table, ...]:
    """Every bronze table when these are the config tables.

    Raises:
        SetupError: one is called as a table of ours.
    """
    if taken := RESERVED.intersection(names):
        raise SetupError(
            f"a config table can not be called {min(taken)}: {SCHEMA} has one for the"
            " stream itself; rename config." + min(taken)
        )
    return (*OF_THE_STREAM, *map(changes_of, names))


TABLES = tables(CONFIG_TABLES)
