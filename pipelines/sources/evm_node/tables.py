"""The bronze tables of chains' nodes: the rows of a table are of one named tuple.

Names are those of the JSON-RPC interface. A quantity that may have 256 bits is decimal
text, a list is JSON as it was sent.
"""

from types import NoneType, UnionType
from typing import Literal, NamedTuple, get_args, get_type_hints

from pipelines.bronze.tables import Column, DataType, Table, columns

ProofResult = Literal["passed", "failed", "unproven", "not_applicable"]


class Header(NamedTuple):
    """A block, as one answer had it; the rows of its hash belong to it.

    Attributes:
        logs_count: None where its receipts were not to be had.
        extra_fields: those that no fork of Ethereum has, as JSON.
    """

    chain_id: int
    block_number: int
    block_at_s: int
    gas_limit: int
    gas_used: int
    transactions_count: int
    logs_count: int | None
    size_bytes: int | None
    blob_gas_used: int | None
    excess_blob_gas: int | None
    block_hash: bytes
    parent_hash: bytes
    sha3_uncles: bytes
    miner: bytes
    state_root: bytes
    transactions_root: bytes
    receipts_root: bytes
    logs_bloom: bytes
    extra_data: bytes
    mix_hash: bytes | None
    nonce: bytes | None
    withdrawals_root: bytes | None
    parent_beacon_block_root: bytes | None
    requests_hash: bytes | None
    difficulty: str | None
    total_difficulty: str | None
    base_fee_per_gas: str | None
    uncles: str | None
    withdrawals: str | None
    extra_fields: str | None


class Transaction(NamedTuple):
    """A transaction of a block, with its receipt.

    Attributes:
        v: the parity of y, from type 1 on.
        r: a word of 32 bytes, as is `s`.
        extra_fields: those that no type of Ethereum has, as JSON; its chain id, too,
            where that is not the chain's.
        receipt_cumulative_gas_used: None where its receipt was not to be had.
    """

    chain_id: int
    block_number: int
    transaction_index: int
    transaction_type: int
    nonce: int
    gas: int
    v: int | None
    block_hash: bytes
    transaction_hash: bytes
    from_address: bytes
    to_address: bytes | None
    input: bytes
    r: bytes | None
    s: bytes | None
    value: str
    gas_price: str | None
    max_fee_per_gas: str | None
    max_priority_fee_per_gas: str | None
    max_fee_per_blob_gas: str | None
    access_list: str | None
    authorization_list: str | None
    blob_versioned_hashes: str | None
    extra_fields: str | None
    # the bloom is not kept: it follows from the logs
    receipt_status: int | None = None
    receipt_gas_used: int | None = None
    receipt_cumulative_gas_used: int | None = None
    receipt_blob_gas_used: int | None = None
    receipt_root: bytes | None = None
    receipt_contract_address: bytes | None = None
    receipt_effective_gas_price: str | None = None
    receipt_blob_gas_price: str | None = None
    receipt_extra_fields: str | None = None


class Log(NamedTuple):
    """A log of a block."""

    chain_id: int
    block_number: int
    transaction_index: int
    log_index: int
    block_hash: bytes
    transaction_hash: bytes
    address: bytes
    topic0: bytes | None
    topic1: bytes | None
    topic2: bytes | None
    topic3: bytes | None
    data: bytes


class Head(NamedTuple):
    """The block that an endpoint called `latest`, `safe` or `finalized`."""

    chain_id: int
    block_number: int
    block_at_s: int
    block_hash: bytes
    parent_hash: bytes
    tag: str


class Proof(NamedTuple):
    """What a proof of a block came to, of its rows as they were read once."""

    chain_id: int
    block_number: int
    block_hash: bytes
    proof: str
    result: ProofResult
    reason: str | None


class ContractRead(NamedTuple):
    """A call of a contract at a block: its result, or the error.

    Attributes:
        result: empty, with an error, where no contract was; None where it refused.
    """

    chain_id: int
    block_number: int
    block_hash: bytes
    contract_address: bytes
    call: str
    input: bytes
    result: bytes | None
    error: str | None


COLUMN_TYPES: dict[type, DataType] = {int: "bigint", bytes: "bytes", str: "text"}
ALIGNED = ("bigint", "timestamp")
PROVENANCE = (
    Column("received_at", "timestamp"),
    *columns("text", "endpoint", "origin", "request_id"),
)
BY_HASH = ("chain_id", "block_hash")


def _table(
    name: str, row: type, *more: Column, indexes: tuple[tuple[str, ...], ...] = ()
) -> Table:
    """A table of these rows, and where each comes from.

    What has 8 bytes stands first, since nothing is padded then: 412 bytes of a log,
    not 420, and as many to a page with names of endpoints that are twice as long.
    """
    own = [_column(name, hint) for name, hint in get_type_hints(row).items()]
    every = sorted((*own, *PROVENANCE, *more), key=lambda c: c.data_type not in ALIGNED)
    return Table(name, tuple(every), indexes=(BY_HASH, *indexes))


def _column(name: str, hint: type) -> Column:
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    return Column(name, COLUMN_TYPES.get(kinds[0], "text"), nullable=NoneType in kinds)


BLOCKS = _table(
    "blocks",
    Header,
    indexes=(("chain_id", "block_number"), ("chain_id", "parent_hash")),
)
TRANSACTIONS = _table(
    "transactions",
    Transaction,
    Column("receipt_request_id", "text", nullable=True),  # other than `request_id`
)
LOGS = _table("logs", Log)
HEADS = _table("heads", Head)
PROOFS = _table("proofs", Proof)
CONTRACT_READS = _table(
    "contract_reads", ContractRead, indexes=(("chain_id", "contract_address"),)
)

TABLES = (BLOCKS, TRANSACTIONS, LOGS, HEADS, PROOFS, CONTRACT_READS)
