"""Which contracts are to be read: those whose transfers new loads brought.

No load is looked through twice, but one of whose contracts some were not read.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import psycopg
from psycopg import sql

from pipelines.sources.evm_node.held_blocks import SCHEMA
from pipelines.sources.evm_node.keccak import keccak
from pipelines.sources.evm_node.tables import CONTRACT_READS, LOGS
from pipelines.upstream.feed import Key, Span
from pipelines.upstream.new_loads import NewLoads
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
        key = Key(chain, "", CONTRACT_READS.name)
        self.loads = NewLoads(connection, SCHEMA, LOGS.name, key, SCHEMA)
        self._connection = connection
        self._chain_id = chain_id

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
