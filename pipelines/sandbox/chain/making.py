"""Blocks made from their parents, so that any of them can be made again.

A block is a function of its parent's link and its own origin, and may be forgotten.
"""

from collections.abc import Sequence
from random import Random

from pipelines.sandbox.chain.blocks import Block
from pipelines.sandbox.chain.drawing import Room, drawn, replaced
from pipelines.sandbox.chain.fees import (
    blob_base_fee,
    next_base_fee,
    next_excess_blob_gas,
)
from pipelines.sandbox.chain.sealing import Content, Fees, Link, Origin, sealed
from pipelines.sandbox.chain.transactions import Transaction
from pipelines.sandbox.chain.world import World

# Blob gas costs something for the first hundred blocks, and then one wei, unless blocks
# are full of blobs.
_FIRST = Fees(base_fee=8 * 10**9, excess_blob_gas=60_000_000)
_EMPTY_SHARE = 1 / 32


def genesis(world: World, timestamp: int) -> tuple[Link, Block]:
    """Block 0, in which nothing happened."""
    origin = Origin(timestamp, 0)
    before = Link(-1, bytes(32), b"", _FIRST, 0, 0, origin, (), 0, b"")
    return sealed(world, before, origin, _FIRST, Content((), (), 0))


def made(world: World, parent: Link, origin: Origin) -> tuple[Link, Block]:
    """The block of an origin on its parent."""
    fees = _fees_after(world, parent)
    content = origin.fixed or _drawn(world, parent, origin, _room(world, fees))
    return sealed(world, parent, origin, fees, content)


def room_after(world: World, parent: Link) -> Room:
    """What the block on a parent takes."""
    return _room(world, _fees_after(world, parent))


def _room(world: World, fees: Fees) -> Room:
    return Room(world, fees.base_fee, blob_base_fee(fees.excess_blob_gas))


def _fees_after(world: World, parent: Link) -> Fees:
    return Fees(
        next_base_fee(parent.fees.base_fee, parent.gas_used, world.gas_limit),
        next_excess_blob_gas(parent.fees.excess_blob_gas, parent.blob_gas_used),
    )


def drawing(world: World, number: int, branch: int, what: str = "") -> Random:
    """The draws of a block: the same for the same seed, chain, branch and number."""
    return Random(f"{world.seed} {world.chain_id} {branch} {number} {what}")  # noqa: S311


def _drawn(world: World, parent: Link, origin: Origin, room: Room) -> Content:
    """What waits, then new ones: fewer where gas is dear, so that fees stay level."""
    draw = drawing(world, parent.number + 1, origin.branch)
    chosen, waiting = included(world, draw, parent.waiting, room)
    senders = {one.sender for one in waiting}
    demand = min(2.0, max(0.5, _FIRST.base_fee / room.base_fee))
    wanted = int(world.transactions_per_block * demand * (0.5 + draw.random()) + 0.5)
    if draw.random() < _EMPTY_SHARE:
        wanted = 0
    place = parent.reached
    for _ in range(wanted):
        one = drawn(world, draw, place, room)
        if one.sender in senders or not room.takes(one):
            break
        chosen.append(one)
        place += 1
    return Content(tuple(chosen), tuple(waiting), place)


def included(
    world: World, draw: Random, candidates: Sequence[Transaction], room: Room
) -> tuple[list[Transaction], list[Transaction]]:
    """Those a block takes, replaced where they can not pay, and those that wait.

    A sender's later ones wait for its earlier ones.
    """
    chosen, waiting, late = [], [], set()
    for candidate in candidates:
        is_paid = room.is_paid_by(candidate)
        one = candidate if is_paid else replaced(world, draw, candidate, room)
        if one.sender not in late and room.takes(one):
            chosen.append(one)
        else:
            late.add(one.sender)
            waiting.append(one)
    return chosen, waiting
