"""Proofs of a block's receipts and their logs."""

from pipelines.sources.evm_node import bloom, envelopes
from pipelines.sources.evm_node.ordered_root import ordered_root
from pipelines.sources.evm_node.verdicts import (
    PASSED,
    RECEIPTS_MISSING,
    Evidence,
    Verdict,
    compared,
    failed,
)


def receipts_root(evidence: Evidence) -> Verdict:
    """The receipts, with the blooms of their logs, hash to the header's root."""
    block = evidence.block
    if not block.has_receipts:
        return RECEIPTS_MISSING
    parts = zip(block.transactions, evidence.logs, evidence.blooms, strict=True)
    root = ordered_root([envelopes.receipt(*part) for part in parts])
    return compared("receipts_root", block.header.receipts_root, root)


def logs_bloom(evidence: Evidence) -> Verdict:
    """The header's bloom is the union over the logs."""
    if not evidence.block.has_receipts:
        return RECEIPTS_MISSING
    union = 0
    for bits in evidence.blooms:
        union |= bits
    if bloom.as_bytes(union) == evidence.block.header.logs_bloom:
        return PASSED
    return failed("logs_bloom is not the union over the logs")


def log_index(evidence: Evidence) -> Verdict:
    """The logs are numbered from 0, in their order."""
    if not evidence.block.has_receipts:
        return RECEIPTS_MISSING
    for place, log in enumerate(evidence.block.logs):
        if log.log_index != place:
            return failed(f"log {place} has the index {log.log_index}")
    return PASSED


def counts(evidence: Evidence) -> Verdict:
    """All rows are there, and the gas of the transactions is the block's."""
    block, header = evidence.block, evidence.block.header
    if len(block.transactions) != header.transactions_count:
        return failed(
            f"{len(block.transactions)} transactions of {header.transactions_count}"
        )
    if header.logs_count is None:
        return RECEIPTS_MISSING
    if len(block.logs) != header.logs_count:
        return failed(f"{len(block.logs)} logs of {header.logs_count}")
    return _gas(evidence)


def _gas(evidence: Evidence) -> Verdict:
    total = 0
    for row in evidence.block.transactions:
        if row.receipt_gas_used is None or row.receipt_cumulative_gas_used is None:
            return "unproven", f"transaction {row.transaction_index} has no gas used"
        total += row.receipt_gas_used
        if total != row.receipt_cumulative_gas_used:
            return failed(
                f"transaction {row.transaction_index} has a cumulative gas of"
                f" {row.receipt_cumulative_gas_used}, computed {total}"
            )
    if total != evidence.block.header.gas_used:
        used = evidence.block.header.gas_used
        return failed(f"gas_used is {used}, that of the transactions {total}")
    return PASSED
