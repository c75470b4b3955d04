"""Transactions of the five types, signed and encoded as a block holds them.

EIP-155 (type 0), EIP-2930 (1), EIP-1559 (2), EIP-4844 (3), EIP-7702 (4).
"""

from collections.abc import Sequence
from typing import NamedTuple

from pipelines.sandbox.chain.encoding import (
    EMPTY,
    keccak,
    rlp_bytes,
    rlp_int,
    rlp_list,
)
from pipelines.sandbox.chain.keys import Key, Signature, sign

LEGACY, ACCESS_LIST, DYNAMIC_FEE, BLOB, SET_CODE = range(5)
_EIP155_V = 35
_AUTHORIZATION_MAGIC = b"\x05"


class Log(NamedTuple):
    """What a contract says while it runs; not yet in a block."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


class Access(NamedTuple):
    """An address, and its storage keys, that a transaction announces."""

    address: bytes
    keys: tuple[bytes, ...]


class Authorization(NamedTuple):
    """An account's word that it runs the code at an address."""

    chain_id: int
    address: bytes
    nonce: int
    signature: Signature


class Draft(NamedTuple):
    """What is signed.

    `to` is empty where a contract is created; `fee` is the gas price of types 0 and 1,
    and the most that the others pay.
    """

    kind: int
    chain_id: int
    nonce: int
    tip: int
    fee: int
    gas: int
    to: bytes
    value: int
    data: bytes
    accesses: tuple[Access, ...] = ()
    blob_fee: int = 0
    blob_hashes: tuple[bytes, ...] = ()
    authorizations: tuple[Authorization, ...] = ()


class Outcome(NamedTuple):
    """What comes of it in whatever block it is."""

    is_success: bool
    gas_used: int
    logs: tuple[Log, ...]


class Transaction(NamedTuple):
    """A signed transaction; `raw` is what the transactions root is over."""

    draft: Draft
    sender: bytes
    signature: Signature
    raw: bytes
    hash: bytes
    outcome: Outcome

    @property
    def created(self) -> bytes | None:
        """The address of the contract that it creates."""
        if self.draft.to:
            return None
        return created_address(self.sender, self.draft.nonce)

    def gas_price(self, base_fee: int) -> int:
        """What it pays for a unit of gas in a block of this base fee."""
        draft = self.draft
        if draft.kind < DYNAMIC_FEE:
            return draft.fee
        return min(draft.fee, base_fee + draft.tip)

    @property
    def v(self) -> int:
        """The signature's v: its parity, or what EIP-155 makes of it."""
        return _v(self.draft, self.signature.parity)


def created_address(sender: bytes, nonce: int) -> bytes:
    """Where a contract lies that a sender creates with its transaction number."""
    return keccak(rlp_list((rlp_bytes(sender), rlp_int(nonce))))[12:]


def signed(draft: Draft, key: Key, outcome: Outcome) -> Transaction:
    """The transaction of a draft."""
    fields = _fields(draft)
    if draft.kind == LEGACY:
        payload = rlp_list((*fields, rlp_int(draft.chain_id), EMPTY, EMPTY))
    else:
        payload = _typed(draft.kind, fields)
    signature = sign(key, keccak(payload))
    numbers = (_v(draft, signature.parity), signature.r, signature.s)
    whole = (*fields, *map(rlp_int, numbers))
    raw = rlp_list(whole) if draft.kind == LEGACY else _typed(draft.kind, whole)
    return Transaction(draft, key.address, signature, raw, keccak(raw), outcome)


def authorized(chain_id: int, address: bytes, nonce: int, key: Key) -> Authorization:
    """A signed authorization; chain 0 stands for every chain."""
    fields = (rlp_int(chain_id), rlp_bytes(address), rlp_int(nonce))
    digest = keccak(_AUTHORIZATION_MAGIC + rlp_list(fields))
    return Authorization(chain_id, address, nonce, sign(key, digest))


def _v(draft: Draft, parity: int) -> int:
    if draft.kind == LEGACY:
        return parity + _EIP155_V + 2 * draft.chain_id
    return parity


def _typed(kind: int, fields: Sequence[bytes]) -> bytes:
    return bytes([kind]) + rlp_list(fields)


def _fields(draft: Draft) -> list[bytes]:
    """The fields of a type in its order, without the signature."""
    fields = [rlp_int(draft.nonce)]
    if draft.kind >= DYNAMIC_FEE:
        fields.append(rlp_int(draft.tip))
    fields += (
        rlp_int(draft.fee),
        rlp_int(draft.gas),
        rlp_bytes(draft.to),
        rlp_int(draft.value),
        rlp_bytes(draft.data),
    )
    if draft.kind == LEGACY:
        return fields
    fields = [rlp_int(draft.chain_id), *fields]
    fields.append(rlp_list(map(_access, draft.accesses)))
    if draft.kind == BLOB:
        hashes = rlp_list(map(rlp_bytes, draft.blob_hashes))
        fields += (rlp_int(draft.blob_fee), hashes)
    if draft.kind == SET_CODE:
        fields.append(rlp_list(map(_authorization, draft.authorizations)))
    return fields


def _access(access: Access) -> bytes:
    keys = rlp_list(map(rlp_bytes, access.keys))
    return rlp_list((rlp_bytes(access.address), keys))


def _authorization(one: Authorization) -> bytes:
    numbers = (one.nonce, one.signature.parity, one.signature.r, one.signature.s)
    return rlp_list(
        (rlp_int(one.chain_id), rlp_bytes(one.address), *map(rlp_int, numbers))
    )
