"""Headers, transactions and receipts as the bytes that their hashes are of.

Transactions and receipts: https://eips.ethereum.org/EIPS/eip-2718 and the types 1
(EIP-2930), 2 (EIP-1559), 3 (EIP-4844), 4 (EIP-7702); before that those of the yellow
paper, signed for a chain from https://eips.ethereum.org/EIPS/eip-155 on.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson

from pipelines.sources.evm_node import bloom, nested_lists
from pipelines.sources.evm_node.rlp_encoding import (
    EMPTY,
    EMPTY_LIST,
    of_bytes,
    of_int,
    of_list,
)
from pipelines.sources.evm_node.tables import Header, Log, Transaction

FOR_A_CHAIN = 35  # v of a legacy transaction from here on: twice the chain id, parity


class UnknownEncodingError(ValueError):
    """What is stored does not say how it is encoded."""


def header(row: Header) -> bytes:
    """A header of 15 to 21 fields: those of later forks are there or not."""
    seal = (row.extra_data, row.mix_hash, row.nonce)
    if row.difficulty is None or None in seal:
        raise UnknownEncodingError("the header has no difficulty, mixHash or nonce")
    fixed = (row.parent_hash, row.sha3_uncles, row.miner, row.state_root)
    roots = (row.transactions_root, row.receipts_root, row.logs_bloom)
    quantities = (row.block_number, row.gas_limit, row.gas_used, row.block_at_s)
    later = (
        *_present(_decimal, row.base_fee_per_gas),
        *_present(of_bytes, row.withdrawals_root),
        *_present(of_int, row.blob_gas_used, row.excess_blob_gas),
        *_present(of_bytes, row.parent_beacon_block_root, row.requests_hash),
    )
    return of_list(
        (
            *map(of_bytes, (*fixed, *roots)),
            _decimal(row.difficulty),
            *map(of_int, quantities),
            *_present(of_bytes, *seal),
            *later,
        )
    )


def transaction(row: Transaction) -> bytes:
    """A signed transaction.

    Raises:
        UnknownEncodingError: its type is none of Ethereum's, or a field is missing.
    """
    v, r, s = (needed(row, name) for name in ("v", "r", "s"))
    signature = (of_int(v), of_bytes(r.lstrip(b"\0")), of_bytes(s.lstrip(b"\0")))
    return _enveloped(row, (*_unsigned(row), *signature))


def signed_message(row: Transaction) -> bytes:
    """What its sender has signed."""
    v = needed(row, "v")
    if row.transaction_type or v < FOR_A_CHAIN:
        return _enveloped(row, _unsigned(row))
    chain = of_int((v - FOR_A_CHAIN) // 2)
    return _enveloped(row, (*_unsigned(row), chain, EMPTY, EMPTY))


def receipt(row: Transaction, logs: Iterable[Log], logs_bloom: int) -> bytes:
    """A receipt: with a state root before Byzantium, with a status from then on."""
    if row.receipt_root is not None:
        outcome = of_bytes(row.receipt_root)
    else:
        outcome = of_int(needed(row, "receipt_status"))
    fields = (
        outcome,
        of_int(needed(row, "receipt_cumulative_gas_used")),
        of_bytes(bloom.as_bytes(logs_bloom)),
        of_list(map(_log, logs)),
    )
    return _enveloped(row, fields)


def _enveloped(row: Transaction, fields: Iterable[bytes]) -> bytes:
    kind = _known_type(row)
    return bytes([kind]) + of_list(fields) if kind else of_list(fields)


def _known_type(row: Transaction) -> int:
    if row.transaction_type not in UNSIGNED:
        raise UnknownEncodingError(
            f"transaction {row.transaction_index} is of type {row.transaction_type:#x},"
            " of which there is no vector"
        )
    return row.transaction_type


def _unsigned(row: Transaction) -> tuple[bytes, ...]:
    return UNSIGNED[_known_type(row)](row)


def _log(row: Log) -> bytes:
    topics = (row.topic0, row.topic1, row.topic2, row.topic3)
    return of_list(
        (
            of_bytes(row.address),
            of_list(of_bytes(topic) for topic in topics if topic is not None),
            of_bytes(row.data),
        )
    )


def _legacy(row: Transaction) -> tuple[bytes, ...]:
    price = _decimal(needed(row, "gas_price"))
    return (of_int(row.nonce), price, *_call(row))


def _with_access_list(row: Transaction) -> tuple[bytes, ...]:
    access = _nested(nested_lists.access_list, row.access_list)
    return (of_int(row.chain_id), *_legacy(row), access)


def _with_fee_market(row: Transaction) -> tuple[bytes, ...]:
    return (
        of_int(row.chain_id),
        of_int(row.nonce),
        _decimal(needed(row, "max_priority_fee_per_gas")),
        _decimal(needed(row, "max_fee_per_gas")),
        *_call(row),
        _nested(nested_lists.access_list, row.access_list),
    )


def _with_blobs(row: Transaction) -> tuple[bytes, ...]:
    return (
        *_with_fee_market(row),
        _decimal(needed(row, "max_fee_per_blob_gas")),
        _nested(nested_lists.hashes, row.blob_versioned_hashes),
    )


def _with_authorizations(row: Transaction) -> tuple[bytes, ...]:
    authorizations = _nested(nested_lists.authorization_list, row.authorization_list)
    return (*_with_fee_market(row), authorizations)


UNSIGNED: Mapping[int, Callable[[Transaction], tuple[bytes, ...]]] = {
    0: _legacy,
    1: _with_access_list,
    2: _with_fee_market,
    3: _with_blobs,
    4: _with_authorizations,
}


def _call(row: Transaction) -> tuple[bytes, ...]:
    to = EMPTY if row.to_address is None else of_bytes(row.to_address)
    return (of_int(row.gas), to, _decimal(row.value), of_bytes(row.input))


def _decimal(text: str) -> bytes:
    return of_int(int(text))


def _nested(encode: Callable[[Any], bytes], text: str | None) -> bytes:
    """A list from its JSON; one that a node leaves out is empty."""
    return encode(orjson.loads(text)) if text else EMPTY_LIST


def needed(row: Transaction, name: str) -> Any:
    """A column that is not null, for what nobody can encode without it."""
    value = getattr(row, name)
    if value is None:
        raise UnknownEncodingError(f"transaction {row.transaction_index} has no {name}")
    return value


def _present(encode: Callable[[Any], bytes], *values: object) -> list[bytes]:
    return [encode(value) for value in values if value is not None]
