"""Proofs of blocks that are parsed already, in a process of its own."""

import time
from collections.abc import Sequence

from pipelines.sources.evm_node.answers import whole_block
from pipelines.sources.evm_node.proofs import CHECKS, Level, prove
from pipelines.sources.evm_node.verdicts import Evidence
from pipelines.sources.evm_node.whole_block import WholeBlock
from tests.bench.child import Facts, answer
from tests.bench.node_bodies import made

LEVELS: tuple[Level, ...] = ("standard", "full")
EVIDENCE = "logs and blooms"


def measure(asked: Facts) -> Facts:
    """CPU seconds of each level, and of each proof alone, by run."""
    blocks = [whole_block(1, *answers) for answers in made(asked["blocks"])]
    for level in LEVELS:  # proved, and what is made once is made
        parent = bytes(32)
        for block in blocks:
            found = {row.result for row in prove(block, parent, level=level)}
            if found - {"passed", "not_applicable"}:
                raise SystemExit(f"block {block.header.block_number}: {found}")
            parent = block.header.block_hash
    runs = range(asked["repeats"])
    return {
        "transactions": sum(len(block.transactions) for block in blocks),
        "levels": {level: [_level_s(blocks, level) for _ in runs] for level in LEVELS},
        "proofs": [_proofs_s(blocks) for _ in runs],
    }


def _level_s(blocks: Sequence[WholeBlock], level: Level) -> float:
    began = time.process_time()
    for block in blocks:
        prove(block, block.header.parent_hash, level=level)
    return time.process_time() - began


def _proofs_s(blocks: Sequence[WholeBlock]) -> dict[str, float]:
    held = [Evidence(block, block.header.parent_hash) for block in blocks]
    began = time.process_time()
    for evidence in held:
        evidence.blooms  # noqa: B018  # it is kept
    spent = {EVIDENCE: time.process_time() - began}
    for name, check in CHECKS.items():
        began = time.process_time()
        for evidence in held:
            check(evidence)
        spent[name] = time.process_time() - began
    return spent


if __name__ == "__main__":
    answer(measure)
