"""A real node's chain: every block proves, and its rows are what was sent and emitted.

Real contracts: OpenZeppelin's ERC-20, -721 and -1155.
"""

import pytest
from web3 import Web3

from pipelines.local.service import UnavailableError
from pipelines.settings import settings
from pipelines.sources.evm_node.answers import NotYetError, header, whole_block
from pipelines.sources.evm_node.proofs import CHECKS, prove
from pipelines.sources.evm_node.verify import verify
from tests.fakes.evm_readings import loaded
from tests.histories.token_history import BLOCKS, TokenHistory
from tests.services import npm_packages
from tests.services.anvil import CHAIN_ID, OWNER

FAILED, PASSED = "failed", "passed"
EMPTY_BLOCKS = 3


def blocks_of(node, first=0):
    """Each block with what is proved of it that did not pass."""
    parent = node.answers(first - 1)[0]["hash"] if first else None
    for number in range(first, node.head + 1):
        block = whole_block(CHAIN_ID, *node.answers(number))
        held = bytes.fromhex(parent[2:]) if parent else None
        found = prove(block, held, level="full")
        assert [row.proof for row in found] == list(CHECKS)
        yield block, {row.proof: row.result for row in found if row.result != PASSED}
        parent = f"0x{block.header.block_hash.hex()}"


@pytest.fixture(scope="module")
def history(anvil_running, tokens, tmp_path_factory):
    """The chain of a node on which the tokens were used in all ways."""
    with anvil_running(tmp_path_factory.mktemp("anvil")) as node:
        history = TokenHistory(node, tokens)
        history.deploy()
        for round_, kinds in enumerate(BLOCKS):
            history.play(1_000 * round_, kinds)
        history.pay(10**18)
        node.mine(1 + EMPTY_BLOCKS)
        yield history


def test_every_block_passes_every_proof_but_the_transactions_root_over_blobs(history):
    """anvil 1.7.1 hashes a blob transaction with its sidecar into the root.

    https://github.com/foundry-rs/foundry/issues/15132: that proof fails, rightly, and
    no other one of the block; the header's hash is over the root as it stands.
    """
    kinds = []
    for block, not_passed in blocks_of(history.node):
        number = block.header.block_number
        of_block = {row.transaction_type for row in block.transactions}
        expected = {"parent_link": "not_applicable"} if not number else {}
        expected |= {"transactions_root": FAILED} if 3 in of_block else {}
        assert not_passed == expected, f"block {number}"
        kinds.append(of_block)
    assert kinds[-EMPTY_BLOCKS:] == [set()] * EMPTY_BLOCKS
    assert set().union(*kinds) == {0, 1, 2, 3, 4}
    assert sum(3 in of_block for of_block in kinds) == 1
    print(f"{len(kinds)} blocks, {len(history.sent)} transactions proved")


def test_transactions_are_as_they_were_sent(history):
    rows = [row for block, _ in blocks_of(history.node) for row in block.transactions]
    assert [f"0x{row.transaction_hash.hex()}" for row in rows] == list(history.sent)
    created = []
    for nonce, (row, sent) in enumerate(zip(rows, history.sent.values(), strict=True)):
        assert row.from_address == bytes.fromhex(OWNER.address[2:])
        assert row.nonce == nonce
        assert row.transaction_type == sent.kind
        assert row.to_address == (bytes.fromhex(sent.to[2:]) if sent.to else None)
        assert (row.input, int(row.value)) == (sent.data, sent.value)
        assert row.receipt_status == sent.status
        assert bool(row.authorization_list) == (sent.kind == 4)
        assert bool(row.blob_versioned_hashes) == (sent.kind == 3)
        if row.receipt_contract_address:
            created.append(f"0x{row.receipt_contract_address.hex()}")
    assert created == list(history.addresses.values())
    assert {row.receipt_status for row in rows} == {0, 1}


def decoded(log, abi, names):
    """The event of a log, by an independent reading of the contract's ABI."""
    topics = (log.topic0, log.topic1, log.topic2, log.topic3)
    place = ("logIndex", "transactionIndex", "transactionHash", "blockHash")
    entry = dict.fromkeys((*place, "blockNumber", "address"))
    entry |= {"topics": [topic for topic in topics if topic], "data": log.data}
    contract = Web3().eth.contract(abi=abi)
    for name in names:
        event = contract.events[name]()
        if Web3.keccak(text=event.signature) == log.topic0:
            return name, dict(event.process_log(entry)["args"])
    raise AssertionError(f"no event of {log}")


def test_logs_are_the_events_that_were_emitted(history):
    of_address = {address: name for name, address in history.addresses.items()}
    found: dict[str, list] = {own: [] for own in history.sent}
    for block, _ in blocks_of(history.node):
        for log in block.logs:
            abi = history.contracts[of_address[f"0x{log.address.hex()}"]].abi
            names = [one["name"] for one in abi if one["type"] == "event"]
            own = found[f"0x{log.transaction_hash.hex()}"]
            own.append(decoded(log, abi, names))
    expected = {own: list(sent.events) for own, sent in history.sent.items()}
    assert found == expected
    print(f"{sum(map(len, found.values()))} logs decoded")


def test_the_chain_proves_again_from_bronze(history, seeded):
    blocks = [block for block, _ in blocks_of(history.node)]
    loaded(blocks)
    done = verify("anvil")
    assert (done.blocks_count, done.transactions_count) == (
        len(blocks),
        len(history.sent),
    )
    (failure,) = done.failures  # the block with blobs
    assert failure.proof == "transactions_root"


def test_blocks_of_a_reorganisation_prove_and_link_to_the_new_branch(
    anvil_running, tokens, tmp_path
):
    with anvil_running(tmp_path) as node:
        history = TokenHistory(node, tokens)
        history.deploy()
        moved = history.pay(1)
        node.mine(3)
        raw = node.call("eth_getRawTransactionByHash", moved)
        first = node.head - 2
        old = [whole_block(CHAIN_ID, *node.answers(first + place)) for place in (0, 1)]
        node.reorg(3, [(raw, 1)])
        new = list(blocks_of(node, first))

    assert [not_passed for _, not_passed in new] == [{}] * 3
    hashes = [
        [f"0x{row.transaction_hash.hex()}" for row in b.transactions] for b in old
    ]
    assert hashes == [[moved], []]
    again = [[f"0x{t.transaction_hash.hex()}" for t in b.transactions] for b, _ in new]
    assert again == [[], [moved], []]
    # the second block of the old branch has no parent on the new one
    link = prove(old[1], new[0][0].header.block_hash)[1]
    assert (link.proof, link.result) == ("parent_link", FAILED)


def test_a_block_that_a_node_forgot_is_not_there(anvil_running, tmp_path):
    with anvil_running(tmp_path) as node:
        node.mine(5)
        forgotten, _ = node.answers(4)
        node.rollback(2)
        assert node.head == 3
        again = node.call("eth_getBlockByHash", forgotten["hash"], True)
        receipts = node.call("eth_getBlockReceipts", forgotten["hash"])
        with pytest.raises(NotYetError, match="no such block"):
            header(CHAIN_ID, again)
        assert receipts is None
        assert [not_passed for _, not_passed in blocks_of(node, 1)] == [{}] * 3


def test_without_npm_a_laptop_skips_and_ci_fails(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("BULLION_CACHE_DIR", str(tmp_path))
    settings.cache_clear()
    try:
        monkeypatch.delenv("CI", raising=False)
        with pytest.raises(pytest.skip.Exception, match="npm is not installed"):
            npm_packages.fetched()
        monkeypatch.setenv("CI", "true")
        with pytest.raises(UnavailableError, match="npm is not installed"):
            npm_packages.fetched()
    finally:
        settings.cache_clear()
