"""The bronze tables that loads of chains write beside those of blocks."""

from pipelines.bronze.tables import Column, Table, columns
from pipelines.sources.evm_node import tables
from pipelines.sources.evm_node.tables import BY_HASH, PROVENANCE
from pipelines.upstream import request_log
from pipelines.upstream.pages import PAGES

REQUESTS = Table(
    "requests",  # a request that was sent to a node, of calls of one method
    (
        *request_log.REQUESTS.columns,
        Column("method", "text"),
        Column("calls_count", "bigint"),
    ),
)

QUARANTINE = Table(
    "quarantine",  # what a node sent of a block and was refused, and why
    (
        Column("table_name", "text"),
        *columns("bigint", "chain_id", "block_number"),
        Column("block_hash", "bytes", nullable=True),
        Column("reason", "text"),
        Column("raw", "text", nullable=True),
        *PROVENANCE,
    ),
    indexes=(("chain_id", "block_number"),),
)

DISAGREEMENTS = Table(
    "disagreements",  # a field of a block of which two endpoints say different things
    (
        *columns("bigint", "chain_id", "block_number"),
        Column("block_hash", "bytes"),
        Column("field", "text"),
        *columns("text", "value", "other_value", "other_endpoint"),
        *PROVENANCE,
    ),
    indexes=(BY_HASH,),
)

# beside those of the feeds
TABLES = (
    *(table for table in tables.TABLES if table is not tables.BLOCKS),
    *(PAGES, REQUESTS, QUARANTINE, DISAGREEMENTS),
)
