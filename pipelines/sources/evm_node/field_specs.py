"""Which field of an answer each column is of, and how it is read.

What is tolerated is what real nodes are known to do: fields left out or null, a `root`
in place of a `status`, fields that say again what others do.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from pipelines.sources.evm_node import nested_lists
from pipelines.sources.evm_node.fields import (
    Fields,
    address,
    amount,
    data,
    fixed,
    hash32,
    json_text,
    listed,
    number,
    word,
)

Read = Callable[[Fields, str], Any]
Spec = Mapping[str, tuple[str, Read]]  # by column: the field, and how it is read


def maybe(read: Read) -> Read:
    """As `read`, None where the field is absent or null."""

    def read_it(fields: Fields, name: str) -> Any:
        return None if fields.get(name) is None else read(fields, name)

    return read_it


def nested(encode: Callable[[Sequence[Any]], object]) -> Read:
    """A list as JSON, of what `encode` takes; None where it is absent or null."""

    def read(fields: Fields, name: str) -> str | None:
        if fields.get(name) is None:
            return None
        values = listed(fields, name)
        if values:
            encode(values)
        return json_text(values) if values else "[]"

    return read


HEADER: Spec = {
    "block_number": ("number", number),
    "block_at_s": ("timestamp", number),
    "gas_limit": ("gasLimit", number),
    "gas_used": ("gasUsed", number),
    "size_bytes": ("size", maybe(number)),
    "blob_gas_used": ("blobGasUsed", maybe(number)),
    "excess_blob_gas": ("excessBlobGas", maybe(number)),
    "block_hash": ("hash", hash32),
    "parent_hash": ("parentHash", hash32),
    "sha3_uncles": ("sha3Uncles", hash32),
    "miner": ("miner", address),
    "state_root": ("stateRoot", hash32),
    "transactions_root": ("transactionsRoot", hash32),
    "receipts_root": ("receiptsRoot", hash32),
    "logs_bloom": ("logsBloom", partial(fixed, length=256)),
    "extra_data": ("extraData", data),
    "mix_hash": ("mixHash", maybe(hash32)),
    "nonce": ("nonce", maybe(partial(fixed, length=8))),
    "withdrawals_root": ("withdrawalsRoot", maybe(hash32)),
    "parent_beacon_block_root": ("parentBeaconBlockRoot", maybe(hash32)),
    "requests_hash": ("requestsHash", maybe(hash32)),
    "difficulty": ("difficulty", maybe(amount)),
    "total_difficulty": ("totalDifficulty", maybe(amount)),
    "base_fee_per_gas": ("baseFeePerGas", maybe(amount)),
    "uncles": ("uncles", nested(nested_lists.hashes)),
    "withdrawals": ("withdrawals", nested(nested_lists.withdrawals)),
}
TRANSACTION: Spec = {
    "nonce": ("nonce", number),
    "gas": ("gas", number),
    "transaction_hash": ("hash", hash32),
    "from_address": ("from", address),
    "to_address": ("to", maybe(address)),
    "r": ("r", maybe(word)),
    "s": ("s", maybe(word)),
    "value": ("value", amount),
    "gas_price": ("gasPrice", maybe(amount)),
    "max_fee_per_gas": ("maxFeePerGas", maybe(amount)),
    "max_priority_fee_per_gas": ("maxPriorityFeePerGas", maybe(amount)),
    "max_fee_per_blob_gas": ("maxFeePerBlobGas", maybe(amount)),
    "access_list": ("accessList", nested(nested_lists.access_list)),
    "authorization_list": (
        "authorizationList",
        nested(nested_lists.authorization_list),
    ),
    "blob_versioned_hashes": ("blobVersionedHashes", nested(nested_lists.hashes)),
}
RECEIPT: Spec = {
    "receipt_status": ("status", maybe(number)),
    "receipt_gas_used": ("gasUsed", number),
    "receipt_cumulative_gas_used": ("cumulativeGasUsed", number),
    "receipt_blob_gas_used": ("blobGasUsed", maybe(number)),
    "receipt_root": ("root", maybe(hash32)),
    "receipt_contract_address": ("contractAddress", maybe(address)),
    "receipt_effective_gas_price": ("effectiveGasPrice", maybe(amount)),
    "receipt_blob_gas_price": ("blobGasPrice", maybe(amount)),
}


def _known(spec: Spec, *more: str) -> frozenset[str]:
    return frozenset({*(name for name, _ in spec.values()), *more})


PLACE = ("blockHash", "blockNumber", "transactionIndex", "blockTimestamp", "type")
OF_HEADER = _known(HEADER, "transactions")
OF_TRANSACTION = _known(
    TRANSACTION,
    *PLACE,
    *("input", "data", "v", "yParity", "chainId"),
    # not kept: what Parity adds to say the others again, and the blobs of anvil 1.7.1
    *("creates", "publicKey", "raw", "standardV"),
    *("blobs", "commitments", "proofs", "cellProofs"),
)
OF_ANOTHER_CHAIN = OF_TRANSACTION - {"chainId"}
OF_RECEIPT = _known(
    RECEIPT, *PLACE, "transactionHash", "from", "to", "logs", "logsBloom"
)


def read_all(spec: Spec, fields: Fields) -> dict[str, Any]:
    """The columns of `spec`."""
    return {column: read(fields, name) for column, (name, read) in spec.items()}
