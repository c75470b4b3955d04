"""Blocks, transactions and receipts as geth spells them, field by field in its order.

https://github.com/ethereum/execution-apis, and geth's internal/ethapi/api.go.
"""

from typing import Any

from pipelines.sandbox.chain.blocks import Block, Receipt, Withdrawal
from pipelines.sandbox.chain.encoding import quantity, text
from pipelines.sandbox.chain.fees import GAS_PER_BLOB, blob_base_fee
from pipelines.sandbox.chain.transactions import (
    ACCESS_LIST,
    BLOB,
    DYNAMIC_FEE,
    LEGACY,
    SET_CODE,
    Draft,
)

Shape = dict[str, Any]


def block_shape(block: Block, *, is_full: bool) -> Shape:
    """A block with its transactions, or with their hashes alone."""
    header = block.header
    receipts = block.receipts
    return {
        "baseFeePerGas": quantity(header.base_fee),
        "blobGasUsed": quantity(header.blob_gas_used),
        "difficulty": quantity(header.difficulty),
        "excessBlobGas": quantity(header.excess_blob_gas),
        "extraData": text(header.extra_data),
        "gasLimit": quantity(header.gas_limit),
        "gasUsed": quantity(header.gas_used),
        "hash": text(block.hash),
        "logsBloom": text(header.logs_bloom),
        "miner": text(header.miner),
        "mixHash": text(header.mix_hash),
        "nonce": text(header.nonce),
        "number": quantity(header.number),
        "parentBeaconBlockRoot": text(header.parent_beacon_block_root),
        "parentHash": text(header.parent_hash),
        "receiptsRoot": text(header.receipts_root),
        "requestsHash": text(header.requests_hash),
        "sha3Uncles": text(header.uncles_hash),
        "size": quantity(block.size),
        "stateRoot": text(header.state_root),
        "timestamp": quantity(header.timestamp),
        "transactions": [
            transaction_shape(block, one) if is_full else text(one.transaction.hash)
            for one in receipts
        ],
        "transactionsRoot": text(header.transactions_root),
        "uncles": [],
        "withdrawals": list(map(_withdrawal, block.withdrawals)),
        "withdrawalsRoot": text(header.withdrawals_root),
    }


def _withdrawal(one: Withdrawal) -> Shape:
    return {
        "index": quantity(one.index),
        "validatorIndex": quantity(one.validator_index),
        "address": text(one.address),
        "amount": quantity(one.amount),
    }


def transaction_shape(block: Block, receipt: Receipt) -> Shape:
    """A transaction in its block; `gasPrice` is what it paid."""
    one, header = receipt.transaction, block.header
    draft, parity = one.draft, one.signature.parity
    return {
        "blockHash": text(block.hash),
        "blockNumber": quantity(header.number),
        "blockTimestamp": quantity(header.timestamp),
        "from": text(one.sender),
        "gas": quantity(draft.gas),
        "gasPrice": quantity(one.gas_price(header.base_fee)),
        **_fees(draft),
        "hash": text(one.hash),
        "input": text(draft.data),
        "nonce": quantity(draft.nonce),
        "to": text(draft.to) if draft.to else None,
        "transactionIndex": quantity(receipt.index),
        "value": quantity(draft.value),
        "type": quantity(draft.kind),
        **_lists(draft),
        "v": quantity(one.v),
        "r": quantity(one.signature.r),
        "s": quantity(one.signature.s),
        **({"yParity": quantity(parity)} if draft.kind != LEGACY else {}),
    }


def _fees(draft: Draft) -> Shape:
    fees: Shape = {}
    if draft.kind >= DYNAMIC_FEE:
        fees["maxFeePerGas"] = quantity(draft.fee)
        fees["maxPriorityFeePerGas"] = quantity(draft.tip)
    if draft.kind == BLOB:
        fees["maxFeePerBlobGas"] = quantity(draft.blob_fee)
    return fees


def _lists(draft: Draft) -> Shape:
    lists: Shape = {}
    if draft.kind >= ACCESS_LIST:
        lists["accessList"] = [
            {"address": text(one.address), "storageKeys": list(map(text, one.keys))}
            for one in draft.accesses
        ]
    lists["chainId"] = quantity(draft.chain_id)
    if draft.kind == BLOB:
        lists["blobVersionedHashes"] = list(map(text, draft.blob_hashes))
    if draft.kind == SET_CODE:
        lists["authorizationList"] = [
            {
                "chainId": quantity(one.chain_id),
                "address": text(one.address),
                "nonce": quantity(one.nonce),
                "yParity": quantity(one.signature.parity),
                "r": quantity(one.signature.r),
                "s": quantity(one.signature.s),
            }
            for one in draft.authorizations
        ]
    return lists


def receipt_shape(block: Block, receipt: Receipt) -> Shape:
    """A receipt with its logs; those of blob transactions say what blobs cost."""
    one, header = receipt.transaction, block.header
    created = one.created
    return {
        **_blobs(block, len(one.draft.blob_hashes)),
        "blockHash": text(block.hash),
        "blockNumber": quantity(header.number),
        "contractAddress": text(created) if created else None,
        "cumulativeGasUsed": quantity(receipt.cumulative_gas_used),
        "effectiveGasPrice": quantity(one.gas_price(header.base_fee)),
        "from": text(one.sender),
        "gasUsed": quantity(one.outcome.gas_used),
        "logs": log_shapes(block, receipt),
        "logsBloom": text(receipt.bloom),
        "status": quantity(one.outcome.is_success),
        "to": text(one.draft.to) if one.draft.to else None,
        "transactionHash": text(one.hash),
        "transactionIndex": quantity(receipt.index),
        "type": quantity(one.draft.kind),
    }


def _blobs(block: Block, count: int) -> Shape:
    if not count:
        return {}
    price = blob_base_fee(block.header.excess_blob_gas)
    used = quantity(count * GAS_PER_BLOB)
    return {"blobGasPrice": quantity(price), "blobGasUsed": used}


def log_shapes(block: Block, receipt: Receipt) -> list[Shape]:
    """A receipt's logs, numbered on through the block."""
    return [
        {
            "address": text(log.address),
            "topics": list(map(text, log.topics)),
            "data": text(log.data),
            "blockNumber": quantity(block.header.number),
            "transactionHash": text(receipt.transaction.hash),
            "transactionIndex": quantity(receipt.index),
            "blockHash": text(block.hash),
            "blockTimestamp": quantity(block.header.timestamp),
            "logIndex": quantity(index),
            "removed": False,
        }
        for index, log in enumerate(receipt.logs, receipt.first_log_index)
    ]
