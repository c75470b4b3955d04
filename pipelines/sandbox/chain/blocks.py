"""Blocks of Prague's form: a header of 21 fields over transactions and receipts.

State is not simulated: the state root is a hash of what came before and is here.
https://github.com/ethereum/execution-specs, src/ethereum/prague/blocks.py
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from itertools import accumulate
from typing import NamedTuple

from pipelines.sandbox.chain import roots
from pipelines.sandbox.chain.encoding import (
    keccak,
    rlp_bytes,
    rlp_int,
    rlp_list,
)
from pipelines.sandbox.chain.transactions import LEGACY, Log, Transaction

EMPTY_UNCLES = keccak(rlp_list(()))
# of a block without requests: https://eips.ethereum.org/EIPS/eip-7685
EMPTY_REQUESTS = sha256(b"").digest()
_NO_LOGS = bytes(roots.BLOOM_BYTES)


@dataclass(frozen=True)
class Withdrawal:
    """What a validator is paid out; the amount is in gwei."""

    index: int
    validator_index: int
    address: bytes
    amount: int

    @property
    def raw(self) -> bytes:
        """What the withdrawals root is over."""
        numbers = map(rlp_int, (self.index, self.validator_index))
        return rlp_list((*numbers, rlp_bytes(self.address), rlp_int(self.amount)))


class Header(NamedTuple):
    """The fields in the order in which they are hashed."""

    parent_hash: bytes
    uncles_hash: bytes
    miner: bytes
    state_root: bytes
    transactions_root: bytes
    receipts_root: bytes
    logs_bloom: bytes
    difficulty: int
    number: int
    gas_limit: int
    gas_used: int
    timestamp: int
    extra_data: bytes
    mix_hash: bytes
    nonce: bytes
    base_fee: int
    withdrawals_root: bytes
    blob_gas_used: int
    excess_blob_gas: int
    parent_beacon_block_root: bytes
    requests_hash: bytes

    @property
    def raw(self) -> bytes:
        """What is hashed."""
        return rlp_list(
            rlp_int(one) if isinstance(one, int) else rlp_bytes(one) for one in self
        )


@dataclass(frozen=True)
class Receipt:
    """What came of a transaction in its block."""

    transaction: Transaction
    index: int
    cumulative_gas_used: int
    first_log_index: int

    @property
    def logs(self) -> tuple[Log, ...]:
        """None of a transaction that failed."""
        return self.transaction.outcome.logs

    @cached_property
    def bloom(self) -> bytes:
        """Over its logs' addresses and topics."""
        return bloom(self.logs)

    @property
    def raw(self) -> bytes:
        """What the receipts root is over."""
        encoded = rlp_list(
            (
                rlp_int(self.transaction.outcome.is_success),
                rlp_int(self.cumulative_gas_used),
                rlp_bytes(self.bloom),
                rlp_list(map(_log, self.logs)),
            )
        )
        kind = self.transaction.draft.kind
        return encoded if kind == LEGACY else bytes([kind]) + encoded


@dataclass(frozen=True)
class Block:
    """A block with all that is shown of it."""

    header: Header
    hash: bytes
    receipts: Sequence[Receipt]
    withdrawals: Sequence[Withdrawal]
    encoded: dict[object, bytes] = field(default_factory=dict, compare=False)
    """Answers that were made of it already, as JSON."""

    @property
    def transactions(self) -> list[Transaction]:
        """In their order."""
        return [one.transaction for one in self.receipts]

    @property
    def size(self) -> int:
        """Bytes of the whole as RLP, uncles (none) and withdrawals included."""
        bodies = (
            one.raw if one.draft.kind == LEGACY else rlp_bytes(one.raw)
            for one in self.transactions
        )
        lists = (bodies, (), (one.raw for one in self.withdrawals))
        return len(rlp_list((self.header.raw, *map(rlp_list, lists))))


def receipts_of(transactions: Sequence[Transaction]) -> list[Receipt]:
    """Gas and log indices run on from one receipt to the next."""
    outcomes = [one.outcome for one in transactions]
    gas = accumulate(one.gas_used for one in outcomes)
    logs = accumulate((len(one.logs) for one in outcomes), initial=0)
    return [
        Receipt(one, index, used, first)
        for index, (one, used, first) in enumerate(
            zip(transactions, gas, logs, strict=False)
        )
    ]


def bloom(logs: Sequence[Log]) -> bytes:
    """The 256 bytes of their bloom."""
    if not logs:
        return _NO_LOGS
    values = (value for one in logs for value in (one.address, *one.topics))
    return roots.bloom_of(values).to_bytes(roots.BLOOM_BYTES, "big")


def _log(log: Log) -> bytes:
    topics = rlp_list(map(rlp_bytes, log.topics))
    return rlp_list((rlp_bytes(log.address), topics, rlp_bytes(log.data)))
