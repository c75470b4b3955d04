"""Rows of bronze for blocks that a test makes up: what a chain's nodes answered."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property

from tests.histories.candle_histories import Load, Row

START = datetime(2024, 3, 1, 22, tzinfo=UTC)
BLOCK_S = 600  # an hour has six
FEE = 10**9
PROOFS = ("header_hash", "transactions_root", "receipts_root", "logs_bloom", "counts")
LOADED = (
    *("blocks", "transactions", "logs", "heads", "proofs"),
    *("pages", "quarantine", "disagreements"),
)


@dataclass(frozen=True)
class Event:
    """A log, but for its place."""

    address: bytes
    topics: Sequence[bytes]
    data: bytes = b""


@dataclass(frozen=True)
class Transaction:
    transaction_hash: bytes
    events: Sequence[Event] = ()


@dataclass(frozen=True)
class Block:
    chain_id: int
    number: int
    block_hash: bytes
    parent_hash: bytes
    transactions: Sequence[Transaction] = ()

    @cached_property
    def logs(self) -> list[tuple[int, int, Event]]:
        """With the indexes of the transaction and of the log."""
        placed = [
            (index, event)
            for index, transaction in enumerate(self.transactions)
            for event in transaction.events
        ]
        return [(index, place, event) for place, (index, event) in enumerate(placed)]


@dataclass
class Sent:
    """An answer: who sent it, when."""

    endpoint: str
    seconds: float
    request_id: str

    @property
    def chain(self) -> str:
        return "anvil" if self.endpoint == "anvil" else "ethereum"

    @property
    def columns(self) -> Row:
        return {
            "received_at": (START + timedelta(seconds=self.seconds)).isoformat(),
            "endpoint": self.endpoint,
            "origin": f"{self.chain}/{self.endpoint}",
            "request_id": self.request_id,
        }


@dataclass
class Rows:
    """Rows of one load, as they come to be."""

    tables: dict[str, list[Row]] = field(
        default_factory=lambda: {name: [] for name in LOADED}
    )

    def add(self, table: str, row: Row) -> None:
        self.tables[table].append(row)

    @property
    def load(self) -> Load:
        return self.tables


def head(rows: Rows, block: Block, tag: str, sent: Sent) -> None:
    """An endpoint names a block."""
    rows.add(
        "heads",
        {
            "chain_id": block.chain_id,
            "block_number": block.number,
            "block_at_s": at_s(block),
            "block_hash": block.block_hash,
            "parent_hash": block.parent_hash,
            "tag": tag,
            **sent.columns,
        },
    )


def at_s(block: Block) -> int:
    return int(START.timestamp()) + block.number * BLOCK_S


def base_fee(block: Block) -> int:
    return FEE + block.block_hash[0]


def gas_used(transaction: Transaction) -> int:
    return 21_000 + transaction.transaction_hash[0]


def whole(
    rows: Rows,
    block: Block,
    sent: Sent,
    *,
    level: str = "standard",
    left_out: int | None = None,
    torn: bool = False,
    has_receipts: bool = True,
) -> None:
    """A block is read with its parts; `left_out` is a log that the endpoint omits.

    Of a torn one the last log did not arrive, though the header counts it.
    """
    logs = [log for log in block.logs if log[1] != left_out] if has_receipts else []
    rows.add("blocks", header(block, sent, len(logs) if has_receipts else None))
    receipts = Sent(sent.endpoint, sent.seconds, f"{sent.request_id}r")
    for index, transaction in enumerate(block.transactions):
        rows.add(
            "transactions",
            _transaction(block, index, transaction, sent)
            | {"receipt_request_id": receipts.request_id if has_receipts else None}
            | ({} if has_receipts else dict.fromkeys(RECEIPT)),
        )
    for log in logs[: len(logs) - torn]:
        rows.add("logs", _log(block, *log, receipts))
    for proof in (*PROOFS, *(["sender"] if level == "full" else [])):
        failed = proof in ("receipts_root", "logs_bloom") and left_out is not None
        result = "failed" if failed else "passed"
        rows.add("proofs", _proof(block, proof, result, sent))


def header(block: Block, sent: Sent, logs_count: int | None) -> Row:
    rng = random.Random(block.block_hash)
    roots = ("sha3_uncles", "state_root", "transactions_root", "receipts_root")
    return {
        "chain_id": block.chain_id,
        "block_number": block.number,
        "block_at_s": at_s(block),
        "gas_limit": 30_000_000,
        "gas_used": sum(map(gas_used, block.transactions)),
        "transactions_count": len(block.transactions),
        "logs_count": logs_count,
        "size_bytes": 500,
        "blob_gas_used": 131_072,
        "excess_blob_gas": 0,
        "block_hash": block.block_hash,
        "parent_hash": block.parent_hash,
        **{name: rng.randbytes(32) for name in roots},
        "miner": rng.randbytes(20),
        "logs_bloom": bytes(256),
        "extra_data": b"",
        "mix_hash": None,
        "nonce": None,
        "withdrawals_root": None,
        "parent_beacon_block_root": None,
        "requests_hash": None,
        "difficulty": "0",
        "total_difficulty": None,
        "base_fee_per_gas": str(base_fee(block)),
        "uncles": "[]",
        "withdrawals": None,
        "extra_fields": None,
        **sent.columns,
    }


RECEIPT = (
    *("receipt_status", "receipt_gas_used", "receipt_cumulative_gas_used"),
    *("receipt_contract_address", "receipt_effective_gas_price"),
    *("receipt_blob_gas_used", "receipt_blob_gas_price", "receipt_extra_fields"),
)


def _transaction(block: Block, index: int, transaction: Transaction, sent: Sent) -> Row:
    rng = random.Random(transaction.transaction_hash)
    optional = (
        *("max_fee_per_blob_gas", "access_list", "authorization_list"),
        *("blob_versioned_hashes", "extra_fields", "receipt_root"),
    )
    kind, price = rng.choice((0, 2, 3)), base_fee(block) + rng.randrange(9)
    return {
        "chain_id": block.chain_id,
        "block_number": block.number,
        "transaction_index": index,
        "transaction_type": kind,
        "nonce": rng.randint(0, 99),
        "gas": 30_000,
        "v": 0,
        "block_hash": block.block_hash,
        "transaction_hash": transaction.transaction_hash,
        "from_address": rng.randbytes(20),
        "to_address": rng.choice([None, rng.randbytes(20)]),
        "input": rng.randbytes(4),
        "r": rng.randbytes(32),
        "s": rng.randbytes(32),
        "value": str(rng.getrandbits(256)),
        "gas_price": str(price),
        "max_fee_per_gas": str(2 * FEE),
        "max_priority_fee_per_gas": "9",
        **dict.fromkeys(optional),
        "receipt_status": rng.choice((0, 1)),
        "receipt_gas_used": gas_used(transaction),
        "receipt_cumulative_gas_used": sum(
            map(gas_used, block.transactions[: index + 1])
        ),
        "receipt_contract_address": rng.choice([None, rng.randbytes(20)]),
        "receipt_effective_gas_price": str(price) if kind else None,
        "receipt_blob_gas_used": 131_072 if kind == 3 else None,
        "receipt_blob_gas_price": str(rng.randrange(9)) if kind == 3 else None,
        "receipt_extra_fields": rng.choice([None, '{"l1Fee":"0xff"}']),
        **sent.columns,
    }


def _log(block: Block, index: int, place: int, event: Event, sent: Sent) -> Row:
    topics = [*event.topics, *[None] * (4 - len(event.topics))]
    return {
        "chain_id": block.chain_id,
        "block_number": block.number,
        "transaction_index": index,
        "log_index": place,
        "block_hash": block.block_hash,
        "transaction_hash": block.transactions[index].transaction_hash,
        "address": event.address,
        **{f"topic{number}": topic for number, topic in enumerate(topics)},
        "data": event.data,
        **sent.columns,
    }


def _proof(block: Block, proof: str, result: str, sent: Sent) -> Row:
    return {
        "chain_id": block.chain_id,
        "block_number": block.number,
        "block_hash": block.block_hash,
        "proof": proof,
        "result": result,
        "reason": None if result == "passed" else "it is another",
        **sent.columns,
    }
