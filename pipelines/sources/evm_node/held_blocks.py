"""What bronze holds of a chain's blocks, by finished loads."""

from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from pipelines.sources.evm_node.bronze_rows import Reading
from pipelines.sources.evm_node.tables import BLOCKS, HEADS, PROOFS
from pipelines.sources.evm_node.verdicts import RECEIPTS_MISSING
from pipelines.upstream.feed import Span
from pipelines.warehouse import Connection, has_table

SCHEMA = "bronze_evm"
HASHES, LINKED, DEFECTS, UNPROVED = (
    Path(__file__).with_name(f"{name}.sql").read_text("utf-8")
    for name in ("held_hashes", "linked_until", "held_defects", "unproved_blocks")
)


HIGHEST_HEAD = """
select coalesce(max(block_number), -1) from {heads}
where chain_id = $1 and tag = 'latest'
"""


class HeldBlocks:
    """The blocks of a chain in bronze."""

    def __init__(self, connection: Connection, chain_id: int) -> None:
        self._connection = connection
        self._chain_id = chain_id

    def hashes(self, number: int) -> set[bytes]:
        """The hashes of a number; of several branches maybe."""
        return {found for (found,) in self._rows(HASHES, number)}

    def linked_until(self, block_hash: bytes, lowest: int) -> tuple[int, bytes] | None:
        """The lowest block that this one is linked to, down to `lowest`.

        Its number, and the hash of its parent. None: the block is not held.
        """
        rows = self._rows(LINKED, block_hash, lowest)
        return rows[0] if rows else None

    def is_held_alike(self, reading: Reading) -> bool:
        """Whether a load before has read the block with the same defects."""
        own = defects(reading)
        rows = self._rows(DEFECTS, reading.block.header.block_hash)
        return any(sorted(own) == sorted(found) for (found,) in rows)

    def unproved(self, span: Span) -> list[int]:
        """The numbers of which no reading was whole, without a failed proof."""
        return [number for (number,) in self._rows(UNPROVED, *span)]

    def highest_head(self) -> int:
        """The highest block that was ever taken for the newest; -1: none was."""
        if not has_table(self._connection, f"{SCHEMA}.{HEADS.name}"):
            return -1
        ((number,),) = self._rows(HIGHEST_HEAD) or [(-1,)]
        return int(number)

    def _rows(self, text: str, *values: object) -> list[tuple[Any, ...]]:
        if not has_table(self._connection, f"{SCHEMA}.{BLOCKS.name}"):
            return []
        query = sql.SQL(text).format(
            blocks=sql.Identifier(SCHEMA, BLOCKS.name),
            heads=sql.Identifier(SCHEMA, HEADS.name),
            proofs=sql.Identifier(SCHEMA, PROOFS.name),
            schema=SCHEMA,
        )
        with psycopg.RawCursor(self._connection) as cursor:
            return cursor.execute(query, (self._chain_id, *values)).fetchall()


def defects(reading: Reading) -> list[str]:
    """The proofs of a reading that failed, or lack its receipts, with their reasons."""
    return [
        f"{proof.proof}: {proof.reason}"
        for proof in reading.proofs
        if proof.result == "failed" or proof.reason == RECEIPTS_MISSING[1]
    ]
