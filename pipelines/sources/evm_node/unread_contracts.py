"""Which contracts are to be read: those whose transfers new loads brought.

The numbers of loads (`ops.loads.batch_id`) are the axis of what was looked through; a
page of `contract_reads` says so, in the delivery of what was read. No load is looked
through twice, but one of whose contracts some were not read.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import LiteralString, NamedTuple

import psycopg
from psycopg import sql

from pipelines.bronze.load import register
from pipelines.sources.evm_node.chain_span import EVERY_HOLE
from pipelines.sources.evm_node.held_blocks import SCHEMA
from pipelines.sources.evm_node.keccak import keccak
from pipelines.sources.evm_node.tables import CONTRACT_READS, LOGS
from pipelines.upstream.feed import Key, Span
from pipelines.upstream.pages import Pages
from pipelines.warehouse import Connection

# https://eips.ethereum.org/EIPS/eip-20, eip-721 (the same one), eip-1155
EVENTS = (
    b"Transfer(address,address,uint256)",
    b"TransferSingle(address,address,address,uint256,uint256)",
    b"TransferBatch(address,address,address,uint256[],uint256[])",
)
TOPICS = [keccak(signature) for signature in EVENTS]
# a call without arguments is the first four bytes of its signature's hash:
# https://docs.soliditylang.org/en/latest/abi-spec.html#function-selector
INPUTS = {
    name: keccak(f"{name}()".encode())[:4] for name in ("decimals", "name", "symbol")
}
MOST = 30_000  # calls of a load; the next one goes on from there
UNREAD = Path(__file__).with_name("unread_contracts.sql").read_text("utf-8")
NEWEST: LiteralString = """
select l.batch_id
from ops.loads as l
where l.schema_name = %s and exists (
    select from ops.deliveries as d
    where
        d.schema_name = l.schema_name and d.load_id = l.load_id and d.table_name = %s
)
order by l.batch_id desc
limit 1
"""


class Unread(NamedTuple):
    """A call to make, and the load that brought the contract's log.

    Attributes:
        block_number: of the newest such log.
    """

    batch_id: int
    address: bytes
    block_number: int
    call: str


class UnreadContracts:
    """What of a chain's contracts is not read."""

    def __init__(self, connection: Connection, chain: str, chain_id: int) -> None:
        self.key = Key(chain, "", CONTRACT_READS.name)
        self._connection = connection
        self._chain_id = chain_id

    def spans(self) -> list[Span]:
        """The loads to look through, by number.

        A number is given before it can be seen. The load that a number below the
        newest one is of had ended before that one was seen; so it is registered, by
        whoever does it, when `register` comes back.
        """
        newest = self._connection.execute(NEWEST, (SCHEMA, LOGS.name)).fetchone()
        if newest is None:
            return []
        register(self._connection, SCHEMA)
        pages = Pages(self._connection, SCHEMA, self.key)
        gaps = pages.missing((0, newest[0] + 1), refused=EVERY_HOLE)
        return [(gap.start, gap.end) for gap in gaps]

    def of(self, span: Span) -> tuple[Span, Sequence[Unread]]:
        """The calls to make of a span's loads, and the span that they are all of."""
        query = sql.SQL(UNREAD).format(
            logs=sql.Identifier(SCHEMA, LOGS.name),
            reads=sql.Identifier(SCHEMA, CONTRACT_READS.name),
            schema=SCHEMA,
        )
        values = (self._chain_id, *span, TOPICS, list(INPUTS), MOST)
        with psycopg.RawCursor(self._connection) as cursor:
            rows = cursor.execute(query, values).fetchall()
        found = [Unread(*row) for row in rows]
        if len(found) < MOST:
            return span, found
        return (span[0], found[-1].batch_id), found
