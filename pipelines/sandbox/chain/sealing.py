"""A block over its transactions: its header, and what is kept of it for ever."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipelines.sandbox.chain import roots
from pipelines.sandbox.chain.blocks import (
    EMPTY_REQUESTS,
    EMPTY_UNCLES,
    Block,
    Header,
    Receipt,
    Withdrawal,
    receipts_of,
)
from pipelines.sandbox.chain.encoding import keccak, word
from pipelines.sandbox.chain.fees import GAS_PER_BLOB
from pipelines.sandbox.chain.transactions import Transaction
from pipelines.sandbox.chain.world import World

_WITHDRAWALS = 4
# Bytes of a transaction's hash that find its block; others' blocks may have them too.
PREFIX_BYTES = 6


class Content(NamedTuple):
    """A block's transactions, and where the chain stands after them.

    Its first `reached` transactions are in blocks, or are `waiting` for the next one.
    """

    transactions: tuple[Transaction, ...]
    waiting: tuple[Transaction, ...]
    reached: int


class Fees(NamedTuple):
    """What a block takes over from its parent."""

    base_fee: int
    excess_blob_gas: int


@dataclass(frozen=True, slots=True)
class Origin:
    """What a block is made from, beside its parent.

    `branch` counts the reorganisations before it. `fixed` is the content of a block
    that replaced another; None: it is drawn.
    """

    timestamp: int
    branch: int
    fixed: Content | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """What is kept of a block for as long as the chain knows it."""

    number: int
    hash: bytes
    parent_hash: bytes
    fees: Fees
    gas_used: int
    blob_gas_used: int
    origin: Origin
    waiting: tuple[Transaction, ...]
    reached: int
    prefixes: bytes


def sealed(
    world: World, parent: Link, origin: Origin, fees: Fees, content: Content
) -> tuple[Link, Block]:
    """The block of a content on its parent."""
    number = parent.number + 1
    receipts = receipts_of(content.transactions)
    withdrawals = _withdrawals(world, number)
    header = _header(world, parent, origin, fees, (receipts, withdrawals))
    block = Block(header, keccak(header.raw), receipts, withdrawals)
    link = Link(
        number,
        block.hash,
        parent.hash,
        fees,
        header.gas_used,
        header.blob_gas_used,
        origin,
        content.waiting,
        content.reached,
        b"".join(one.hash[:PREFIX_BYTES] for one in content.transactions),
    )
    return link, block


def _header(
    world: World,
    parent: Link,
    origin: Origin,
    fees: Fees,
    lists: tuple[Sequence[Receipt], Sequence[Withdrawal]],
) -> Header:
    receipts, withdrawals = lists
    transactions = [one.transaction for one in receipts]
    number = parent.number + 1
    drawn_hash = keccak(f"{world.seed} {world.chain_id} {number}".encode())
    blobs = sum(len(one.draft.blob_hashes) for one in transactions)
    transactions_root = roots.ordered_root([one.raw for one in transactions])
    return Header(
        parent_hash=parent.hash,
        uncles_hash=EMPTY_UNCLES,
        miner=world.holders[drawn_hash[0] & 7],
        state_root=keccak(parent.hash + transactions_root),
        transactions_root=transactions_root,
        receipts_root=roots.ordered_root([one.raw for one in receipts]),
        logs_bloom=_union(receipts),
        difficulty=0,
        number=number,
        gas_limit=world.gas_limit,
        gas_used=sum(one.outcome.gas_used for one in transactions),
        timestamp=origin.timestamp,
        extra_data=b"bullion sandbox",
        mix_hash=keccak(drawn_hash + word(origin.branch)),
        nonce=bytes(8),
        base_fee=fees.base_fee,
        withdrawals_root=roots.ordered_root([one.raw for one in withdrawals]),
        blob_gas_used=GAS_PER_BLOB * blobs,
        excess_blob_gas=fees.excess_blob_gas,
        parent_beacon_block_root=keccak(parent.hash + drawn_hash),
        requests_hash=EMPTY_REQUESTS,
    )


def _union(receipts: Sequence[Receipt]) -> bytes:
    mask = 0
    for one in receipts:
        mask |= int.from_bytes(one.bloom, "big")
    return mask.to_bytes(roots.BLOOM_BYTES, "big")


def _withdrawals(world: World, number: int) -> list[Withdrawal]:
    """A few in every block but the first, numbered on."""
    indices = range(_WITHDRAWALS * (number - 1), _WITHDRAWALS * number)
    return [
        Withdrawal(
            index,
            index * 7 % 100_000,
            world.holders[index % len(world.holders)],
            17_000_000 + index * 7919 % 1_000_000,
        )
        for index in (indices if number else ())
    ]
