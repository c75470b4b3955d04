"""What is proved of a block, recomputed from its rows: as read, or as bronze has them.

A proof is `passed`, `failed`, `unproven` for want of something, or `not_applicable`;
all but a passed one say the reason.
"""

from collections.abc import Callable, Mapping
from typing import Literal

from pipelines.sources.evm_node import block_proofs, receipt_proofs
from pipelines.sources.evm_node.envelopes import UnknownEncodingError
from pipelines.sources.evm_node.proof_rules import RULES, Name, ProofRules
from pipelines.sources.evm_node.tables import Proof
from pipelines.sources.evm_node.verdicts import Evidence, Verdict, failed
from pipelines.sources.evm_node.whole_block import WholeBlock

Level = Literal["standard", "full"]

CHECKS: Mapping[Name, Callable[[Evidence], Verdict]] = {
    "header_hash": block_proofs.header_hash,
    "parent_link": block_proofs.parent_link,
    "transactions_root": block_proofs.transactions_root,
    "receipts_root": receipt_proofs.receipts_root,
    "logs_bloom": receipt_proofs.logs_bloom,
    "log_index": receipt_proofs.log_index,
    "counts": receipt_proofs.counts,
    "withdrawals_root": block_proofs.withdrawals_root,
    "sender": block_proofs.senders,
}
# whatever an encoder trips over in rows that no answer can have made
BROKEN = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def prove(
    block: WholeBlock,
    parent_hash: bytes | None = None,
    *,
    level: Level = "standard",
    rules: ProofRules = RULES,
) -> list[Proof]:
    """A row for each proof; senders are recovered at the level `full` alone.

    `parent_hash` is that of the block before this one, where it is held.
    """
    chain_id, number = block.header.chain_id, block.header.block_number
    evidence = Evidence(block, parent_hash)
    proofs = []
    for name, check in CHECKS.items():
        if name == "sender" and level != "full":
            continue
        reason = rules.why_not(name, chain_id, number)
        verdict = ("not_applicable", reason) if reason else _judged(check, evidence)
        proofs.append(Proof(chain_id, number, block.header.block_hash, name, *verdict))
    return proofs


def _judged(check: Callable[[Evidence], Verdict], evidence: Evidence) -> Verdict:
    try:
        return check(evidence)
    except UnknownEncodingError as unknown:
        return "unproven", str(unknown)
    except BROKEN as error:
        return failed(f"can not be computed: {type(error).__name__} {error}")
