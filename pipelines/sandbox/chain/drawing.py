"""Transactions drawn for a block: always the same ones of the same draws."""

from collections.abc import Sequence
from random import Random

from pipelines.sandbox.chain.calls import Call, Caller
from pipelines.sandbox.chain.fees import (
    MOST_BLOBS,
    PLAIN_GAS,
    floor_gas,
    intrinsic_gas,
)
from pipelines.sandbox.chain.keys import Key
from pipelines.sandbox.chain.kinds import KINDS
from pipelines.sandbox.chain.transactions import (
    ACCESS_LIST,
    BLOB,
    DYNAMIC_FEE,
    LEGACY,
    SET_CODE,
    Access,
    Authorization,
    Draft,
    Outcome,
    Transaction,
    authorized,
    signed,
)
from pipelines.sandbox.chain.world import SENDERS, World

# Above this blob base fee, in wei, fewer blobs are sent than blocks aim at.
_DEAR_BLOB_FEE, _FEW_BLOBS = 10**6, 4
# Of a type that the call does not decide, in hundredths; the rest has type 2.
_LEGACY_SHARE, _ACCESS_LIST_SHARE = 0.25, 0.33
_FAILING = 0.05


class Room:
    """What a block still takes."""

    def __init__(self, world: World, base_fee: int, blob_fee: int) -> None:
        self.base_fee, self.blob_fee = base_fee, blob_fee
        is_dear = blob_fee > _DEAR_BLOB_FEE
        self.gas, self.blobs = world.gas_limit, _FEW_BLOBS if is_dear else MOST_BLOBS

    def takes(self, one: Transaction) -> bool:
        """Whether there is room for it; what is taken has used some up.

        A block must have room for a transaction's gas limit, of which it may use less:
        Yellow Paper, section 6.
        """
        blobs = len(one.draft.blob_hashes)
        if one.draft.gas > self.gas or blobs > self.blobs:
            return False
        self.gas -= one.outcome.gas_used
        self.blobs -= blobs
        return True

    def is_paid_by(self, one: Transaction) -> bool:
        """Whether it pays the block's base fees."""
        draft = one.draft
        is_blob_paid = draft.kind != BLOB or draft.blob_fee >= self.blob_fee
        return draft.fee >= self.base_fee and is_blob_paid


def drawn(world: World, draw: Random, place: int, room: Room) -> Transaction:
    """The chain's transaction of that place, paying what the block asks."""
    sender, nonce = world.senders[place % SENDERS], place // SENDERS
    call = KINDS[int(draw.random() * len(KINDS))](Caller(world, draw, sender.address))
    if call.kind == BLOB and not room.blobs:
        call = Call(call.to)
    return _signed(world, draw, (sender, nonce), call, room)


def replaced(world: World, draw: Random, old: Transaction, room: Room) -> Transaction:
    """Another transaction of the same sender and nonce: a plain transfer."""
    sender = next(one for one in world.senders if one.address == old.sender)
    call = Call(draw.choice(world.holders), value=draw.getrandbits(60))
    return _signed(world, draw, (sender, old.draft.nonce), call, room)


def _signed(
    world: World, draw: Random, sender: tuple[Key, int], call: Call, room: Room
) -> Transaction:
    kind = _kind(draw) if call.kind is None else call.kind
    accesses = _accesses(draw, call) if kind in {ACCESS_LIST, DYNAMIC_FEE} else ()
    authorizations = _authorizations(world, draw) if kind == SET_CODE else ()
    blob_hashes = _blob_hashes(draw, room) if kind == BLOB else ()
    slots = sum(len(one.keys) for one in accesses)
    counts = (len(accesses), slots, len(authorizations))
    intrinsic = intrinsic_gas(call.data, *counts, is_creation=not call.to)
    outcome, gas = _run(draw, call, intrinsic)
    tip = draw.getrandbits(31)
    headroom = room.base_fee * (5 + draw.getrandbits(3)) // 4
    draft = Draft(
        kind=kind,
        chain_id=world.chain_id,
        nonce=sender[1],
        tip=tip,
        fee=headroom if kind < DYNAMIC_FEE else headroom + tip,
        gas=gas,
        to=call.to,
        value=call.value,
        data=call.data,
        accesses=accesses,
        blob_fee=2 * room.blob_fee if kind == BLOB else 0,
        blob_hashes=blob_hashes,
        authorizations=authorizations,
    )
    return signed(draft, sender[0], outcome)


def _kind(draw: Random) -> int:
    share = draw.random()
    if share < _LEGACY_SHARE:
        return LEGACY
    return ACCESS_LIST if share < _ACCESS_LIST_SHARE else DYNAMIC_FEE


def _run(draw: Random, call: Call, intrinsic: int) -> tuple[Outcome, int]:
    """What comes of a call, and the gas that it was given."""
    floor = floor_gas(call.data)
    gas_used = max(floor, intrinsic + call.work)
    if gas_used == PLAIN_GAS:
        return Outcome(is_success=True, gas_used=gas_used, logs=()), gas_used
    gas = gas_used + (gas_used * draw.getrandbits(4) >> 5)
    if draw.random() >= _FAILING:
        return Outcome(is_success=True, gas_used=gas_used, logs=call.logs), gas
    # out of gas, or reverted when half of its work was done
    spent = gas if draw.random() < 1 / 3 else max(floor, intrinsic + call.work // 2)
    return Outcome(is_success=False, gas_used=spent, logs=()), gas


def _accesses(draw: Random, call: Call) -> tuple[Access, ...]:
    """A few keys of the called contract; often none of type 2, and none of no call."""
    if not call.work or not call.to or draw.random() < 1 / 2:
        return ()
    keys = tuple(draw.randbytes(32) for _ in range(draw.getrandbits(2)))
    return (Access(call.to, keys),)


def _authorizations(world: World, draw: Random) -> tuple[Authorization, ...]:
    code = world.contracts.of("odd")[0]
    count = 1 + draw.getrandbits(1)
    keys: Sequence[Key] = world.authorities
    return tuple(
        authorized(
            world.chain_id * draw.getrandbits(1),
            code,
            draw.getrandbits(10),
            keys[draw.getrandbits(3)],
        )
        for _ in range(count)
    )


def _blob_hashes(draw: Random, room: Room) -> tuple[bytes, ...]:
    """Versioned hashes, whose first byte is 1 (EIP-4844); blobs are never shown."""
    count = min(room.blobs, 1 + draw.getrandbits(2))
    return tuple(b"\x01" + draw.randbytes(31) for _ in range(count))
