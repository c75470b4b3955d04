"""Proofs of a block's header, links, transactions and withdrawals."""

import orjson

from pipelines.sources.evm_node import envelopes, nested_lists
from pipelines.sources.evm_node.envelopes import UnknownEncodingError
from pipelines.sources.evm_node.keccak import keccak
from pipelines.sources.evm_node.ordered_root import ordered_root
from pipelines.sources.evm_node.senders import sender
from pipelines.sources.evm_node.verdicts import (
    PASSED,
    Evidence,
    Verdict,
    compared,
    failed,
)

# of Parity: they say again what other fields do
REPEATED = {"author", "sealFields"}


def header_hash(evidence: Evidence) -> Verdict:
    """The header hashes to the block's hash."""
    header = evidence.block.header
    computed = keccak(envelopes.header(header))
    verdict = compared("block_hash", header.block_hash, computed)
    unknown = orjson.loads(header.extra_fields or "{}").keys() - REPEATED
    if verdict == PASSED or not unknown:
        return verdict
    return "unproven", f"unknown header fields: {', '.join(sorted(unknown))}"


def parent_link(evidence: Evidence) -> Verdict:
    """Its parent is the block before it."""
    header = evidence.block.header
    if not header.block_number:
        return "not_applicable", "block 0 has no parent"
    if evidence.parent_hash is None:
        return "unproven", "parent missing"
    return compared("parent_hash", header.parent_hash, evidence.parent_hash)


def transactions_root(evidence: Evidence) -> Verdict:
    """Every transaction hashes to its hash, all of them to the header's root."""
    block = evidence.block
    encoded = [envelopes.transaction(row) for row in block.transactions]
    for row, envelope in zip(block.transactions, encoded, strict=True):
        computed = keccak(envelope)
        if computed != row.transaction_hash:
            what = f"the hash of transaction {row.transaction_index}"
            return compared(what, row.transaction_hash, computed)
    root = block.header.transactions_root
    return compared("transactions_root", root, ordered_root(encoded))


def withdrawals_root(evidence: Evidence) -> Verdict:
    """The withdrawals hash to the header's root."""
    header = evidence.block.header
    if header.withdrawals_root is None:
        return "not_applicable", "the header has no withdrawals root"
    if header.withdrawals is None:
        return "unproven", "withdrawals missing"
    encoded = nested_lists.withdrawals(orjson.loads(header.withdrawals))
    root = header.withdrawals_root
    return compared("withdrawals_root", root, ordered_root(encoded))


def senders(evidence: Evidence) -> Verdict:
    """Every transaction was signed by whom it is from."""
    for row in evidence.block.transactions:
        of = f"of transaction {row.transaction_index}"
        try:
            signer = sender(row)
        except UnknownEncodingError:
            raise
        except ValueError as error:
            return failed(f"the signature {of}: {error}")
        if signer != row.from_address:
            return compared(f"the sender {of}", row.from_address, signer)
    return PASSED
