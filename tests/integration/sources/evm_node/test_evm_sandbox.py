"""The sandbox's chain and the prover were written apart: each checks the other."""

import pytest

from pipelines.sandbox.running import running
from pipelines.sources.evm_node.answers import whole_block
from pipelines.sources.evm_node.proofs import prove

BLOCKS = 120


@pytest.fixture(scope="module")
def node():
    now = "2024-03-01T12:00:00Z"
    with running(in_thread=True, now=now, frozen=True, rate_limit=False) as sandbox:
        yield sandbox


def read(node, number, chain_id):
    block = node.rpc("eth_getBlockByNumber", hex(number), True)
    return whole_block(chain_id, block, node.rpc("eth_getBlockReceipts", block["hash"]))


def test_every_block_of_the_sandbox_passes_every_proof_before_and_after_a_fork(node):
    chain_id = int(node.rpc("eth_chainId"), 16)
    for _ in range(2):
        head = int(node.rpc("eth_blockNumber"), 16)
        parent = read(node, head - BLOCKS, chain_id).header.block_hash
        kinds, logs = set(), 0
        for number in range(head - BLOCKS + 1, head + 1):
            block = read(node, number, chain_id)
            proofs = prove(block, parent, level="full")
            wrong = {p.proof: (p.result, p.reason) for p in proofs}
            assert set(wrong.values()) == {("passed", None)}, (number, wrong)
            parent = block.header.block_hash
            kinds |= {row.transaction_type for row in block.transactions}
            logs += len(block.logs)
        assert kinds == {0, 1, 2, 3, 4}
        assert logs > BLOCKS
        node.fork(BLOCKS // 2)
