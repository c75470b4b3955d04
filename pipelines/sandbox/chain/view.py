"""What one node of a chain shows: the chain up to its head, with faults or without."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from pipelines.sandbox.chain import altered
from pipelines.sandbox.chain.blocks import Block
from pipelines.sandbox.chain.history import Chain
from pipelines.sandbox.chain.sealing import Link
from pipelines.sandbox.chain.shapes import (
    Shape,
    block_shape,
    receipt_shape,
    transaction_shape,
)
from pipelines.sandbox.fault_kinds import BLOCK_KINDS
from pipelines.sandbox.faults import Fault

FaultsOf = Callable[..., Sequence[Fault]]


@dataclass(frozen=True)
class View:
    """A node `blocks` behind its chain; `faults` says what strikes a call's answer."""

    chain: Chain
    behind: int
    faults: FaultsOf

    @property
    def head(self) -> int:
        """The newest block that the node has."""
        return max(0, self.chain.head() - self.behind)

    @property
    def tags(self) -> dict[str, int]:
        """The blocks that have names; a pending one is not made."""
        head, (safe, final) = self.head, self.chain.finality()
        return {
            "latest": head,
            "safe": min(safe, head),
            "finalized": min(final, head),
            "earliest": 0,
        }

    def numbered(self, number: int) -> Block | None:
        """The block of a number, if the node has it."""
        return self._seen(self.chain.numbered(number))

    def hashed(self, block_hash: bytes) -> Block | None:
        """The block of a hash, on whatever branch."""
        return self._seen(self.chain.hashed(block_hash))

    def place_of(self, transaction_hash: bytes) -> tuple[Block, int] | None:
        """The block and the index of a transaction."""
        place = self.chain.place_of(transaction_hash)
        block = self._seen(place[0]) if place else None
        return (block, place[1]) if block and place else None

    def _seen(self, link: Link | None) -> Block | None:
        # an old branch may have been longer than the chain is now
        if link is None or (self.behind and link.number > self.head):
            return None
        return self.chain.block(link)

    def block_json(self, block: Block, *, is_full: bool) -> Any:
        """A block as it is answered; its JSON is made once, unless faults strike it."""
        hit = self._hit(block, BLOCK_KINDS)
        if not hit:
            return _once(block, is_full, lambda: block_shape(block, is_full=is_full))
        shape = _struck_block(block, hit)
        if not is_full:
            shape["transactions"] = [one["hash"] for one in shape["transactions"]]
        return shape

    def transaction(self, block: Block, index: int) -> Shape:
        """A transaction in its block."""
        hit = self._hit(block, BLOCK_KINDS)
        if not hit:
            return transaction_shape(block, block.receipts[index])
        shape: Shape = _struck_block(block, hit)["transactions"][index]
        return shape

    def receipt(self, block: Block, index: int, kinds: Collection[str]) -> Shape | None:
        """A receipt of a block's, if faults leave it."""
        hit = self._hit(block, kinds)
        if not hit:
            return receipt_shape(block, block.receipts[index])
        receipts = _struck(hit, block) or []
        return receipts[index] if index < len(receipts) else None

    def receipts_json(self, block: Block, kinds: Collection[str]) -> Any:
        """A block's receipts as they are answered, or None."""
        hit = self._hit(block, kinds)
        if not hit:
            return _once(block, "receipts", lambda: _receipts(block))
        return _struck(hit, block)

    def receipts(self, block: Block, kinds: Collection[str]) -> list[Shape] | None:
        """The same, to take some of it."""
        return _struck(self._hit(block, kinds), block)

    def _hit(self, block: Block, kinds: Collection[str]) -> Sequence[Fault]:
        return self.faults(
            kinds,
            number=block.header.number,
            key=block.hash.hex(),
            is_due=lambda fault: altered.strikes(fault, block),
        )


def _receipts(block: Block) -> list[Shape]:
    return [receipt_shape(block, one) for one in block.receipts]


def _struck_block(block: Block, hit: Sequence[Fault]) -> Shape:
    shape = block_shape(block, is_full=True)
    for fault in hit:
        shape = altered.block_shape(fault, block, shape)
    return shape


def _struck(hit: Sequence[Fault], block: Block) -> list[Shape] | None:
    shapes: list[Shape] | None = _receipts(block)
    for fault in hit:
        if shapes:
            shapes = altered.receipts(fault, block, shapes)
    return shapes


def _once(block: Block, name: object, make: Callable[[], object]) -> orjson.Fragment:
    encoded = block.encoded.get(name)
    if encoded is None:
        encoded = block.encoded[name] = orjson.dumps(make())
    return orjson.Fragment(encoded)
