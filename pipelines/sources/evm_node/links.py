"""Links from block to parent: proved as blocks come, followed down from the head."""

from typing import NamedTuple

from pipelines.sources.evm_node import block_proofs
from pipelines.sources.evm_node.bronze_rows import Reading
from pipelines.sources.evm_node.held_blocks import HeldBlocks
from pipelines.sources.evm_node.verdicts import Evidence


class Link(NamedTuple):
    """A block's place, and its parent."""

    number: int
    parent_hash: bytes


class Links:
    """The blocks that a load has read, beside those that are held."""

    def __init__(self, held: HeldBlocks) -> None:
        self._held = held
        self._of_hash: dict[bytes, Link] = {}
        self._of_number: dict[int, bytes] = {}

    def add(self, reading: Reading) -> None:
        """The load has read the block."""
        header = reading.block.header
        link = Link(header.block_number, header.parent_hash)
        self._of_hash[header.block_hash] = link
        self._of_number[header.block_number] = header.block_hash

    def proved(self, reading: Reading, final: int) -> Reading:
        """The reading with its link proved, as far as blocks are known now.

        A parent that is not the one held may be of a branch that gave way, unless the
        block lies at or below the `final` one.
        """
        header = reading.block.header
        number, parent_hash = header.block_number, header.parent_hash
        parents = self._hashes(number - 1)
        is_held = parent_hash in self._of_hash or parent_hash in parents
        parent = parent_hash if is_held else None
        if parent is None and parents and number <= final:
            parent = min(parents)
        result, reason = block_proofs.parent_link(Evidence(reading.block, parent))
        proofs = [
            proof._replace(result=result, reason=reason)
            if proof.proof == "parent_link"
            else proof
            for proof in reading.proofs
        ]
        return reading._replace(proofs=proofs)

    def hash_of(self, number: int) -> bytes | None:
        """The hash that this load has read of a number, last."""
        return self._of_number.get(number)

    def parent_of(self, block_hash: bytes) -> bytes | None:
        """The parent of a block that this load has read."""
        own = self._of_hash.get(block_hash)
        return own.parent_hash if own else None

    def is_known(self, block_hash: bytes) -> bool:
        """Whether the block was read, by this load or one before."""
        return self._below(block_hash, 0, is_one=True) is not None

    def missing_below(
        self, top: int, top_hash: bytes, lowest: int
    ) -> tuple[int, bytes] | None:
        """The first block that is not known, from this one down by parent hashes.

        Its number and hash. None: all of them are known, down to `lowest`.
        """
        number, block_hash = top, top_hash
        while number >= lowest:
            below = self._below(block_hash, lowest)
            if below is None:
                return number, block_hash
            number, block_hash = below.number - 1, below.parent_hash
        return None

    def _below(
        self, block_hash: bytes, lowest: int, *, is_one: bool = False
    ) -> Link | None:
        """The lowest known block that this one is linked to."""
        own = self._of_hash.get(block_hash)
        if own is not None:
            return own
        held = self._held.linked_until(block_hash, 1 << 62 if is_one else lowest)
        return Link(*held) if held else None

    def _hashes(self, number: int) -> set[bytes]:
        own = self._of_number.get(number)
        return {own} if own is not None else self._held.hashes(number)
