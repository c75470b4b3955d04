"""Reorganisations: which blocks change, what becomes of transactions, and when."""

from collections.abc import Callable
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from pipelines.errors import SetupError
from pipelines.sandbox.chain.fees import next_base_fee, next_excess_blob_gas
from pipelines.sandbox.chain.spec import ChainSpec, chain_specs
from tests.oracles.block_oracle import flaws
from tests.unit.sandbox.chain.conftest import NOW, Node

HEAD = 40


def whole(said: str) -> int:
    return int(said, 16)


def fork(node: Node, depth: int, length: int | None = None, **fields: Any) -> Any:
    node.chains.plan({"depth": depth, "length": length, **fields})
    return node.chains.forks()


def places(blocks: list[Any]) -> dict[str, int]:
    """The block of each transaction."""
    return {
        one["hash"]: whole(block["number"])
        for block in blocks
        for one in block["transactions"]
    }


def assert_holds(node: Node) -> None:
    """Every block can be proved and follows from its parent, nonces without a gap."""
    branch = node.branch()
    nonces: dict[str, int] = {}
    for block in branch:
        assert flaws(block, node.receipts(block)) == []
        assert whole(block["gasUsed"]) <= whole(block["gasLimit"])
        assert whole(block["blobGasUsed"]) <= 9 << 17
        for one in block["transactions"]:
            assert whole(one["nonce"]) == nonces.get(one["from"], 0)
            nonces[one["from"]] = whole(one["nonce"]) + 1
            assert whole(one["gasPrice"]) >= whole(block["baseFeePerGas"])
    for parent, child in pairwise(branch):
        assert child["parentHash"] == parent["hash"]
        assert whole(child["timestamp"]) > whole(parent["timestamp"])
        fees = [whole(parent[n]) for n in ("baseFeePerGas", "gasUsed", "gasLimit")]
        assert whole(child["baseFeePerGas"]) == next_base_fee(*fees)
        blobs = [whole(parent[n]) for n in ("excessBlobGas", "blobGasUsed")]
        assert whole(child["excessBlobGas"]) == next_excess_blob_gas(*blobs)


def test_a_fork_changes_the_newest_blocks_and_no_other(node: Node) -> None:
    before = node.branch()
    (happened,) = fork(node, 5)
    after = node.branch()
    assert len(after) == len(before) == HEAD + 1
    assert after[:-5] == before[:-5]
    old, new = ([block["hash"] for block in it[-5:]] for it in (before, after))
    assert not set(old) & set(new)
    ancestor = HEAD - 5
    named = {"chain": "ethereum", "ancestor": ancestor, "old": old, "new": new}
    assert happened == named
    assert_holds(node)


def test_a_fork_drops_adds_and_moves_transactions(make: Callable[..., Node]) -> None:
    node = make(transactions_per_block=30)
    before = node.branch()
    fork(node, 6)
    old, new = places(before), places(node.branch())
    dropped, added = old.keys() - new.keys(), new.keys() - old.keys()
    moved = {one for one in old.keys() & new.keys() if old[one] != new[one]}
    stayed = {one for one in old.keys() & new.keys() if old[one] == new[one]}
    assert min(len(dropped), len(added), len(moved)) > 5
    assert len({one for one in stayed if old[one] > HEAD - 6}) > 50
    assert all(old[one] > HEAD - 6 for one in dropped | moved)
    lost = dropped.pop()
    assert node.ask("eth_getTransactionReceipt", lost) is None
    one = moved.pop()
    receipt = node.ask("eth_getTransactionReceipt", one)
    assert whole(receipt["blockNumber"]) == new[one]


def test_a_moved_transaction_does_the_same_elsewhere(
    make: Callable[..., Node],
) -> None:
    node = make(transactions_per_block=30)
    before = node.branch()
    said = {one["transactionHash"]: one for b in before for one in node.receipts(b)}
    fork(node, 6)
    old, new = places(before), places(node.branch())
    moved = [one for one in old.keys() & new.keys() if old[one] != new[one]]
    for one in moved:
        receipt = node.ask("eth_getTransactionReceipt", one)
        was = said[one]
        for name in ("from", "to", "status", "gasUsed", "type", "logsBloom"):
            assert receipt[name] == was[name]
        data = [[log["topics"], log["data"]] for log in receipt["logs"]]
        assert data == [[log["topics"], log["data"]] for log in was["logs"]]


def test_a_rollback_makes_the_chain_shorter_and_what_comes_then_is_other(
    node: Node,
) -> None:
    before = node.branch()
    fork(node, 3, 0)
    assert node.branch() == before[:-3]
    node.clock.set(NOW + 36_000)
    after = node.branch()
    assert len(after) == len(before)
    assert after[:-3] == before[:-3]
    assert not places(after[-3:]).keys() & places(before[-3:]).keys()
    assert_holds(node)


@pytest.mark.parametrize(("depth", "length"), [(4, 2), (2, 4), (1, 1), (40, 40)])
def test_a_branch_may_be_shorter_or_longer(node: Node, depth: int, length: int) -> None:
    before = node.branch()
    fork(node, depth, length)
    after = node.branch()
    assert len(after) == len(before) - depth + length
    assert after[: HEAD + 1 - depth] == before[: HEAD + 1 - depth]
    assert_holds(node)


@pytest.mark.parametrize("seed", range(8))
def test_forks_upon_forks_leave_a_chain_that_holds(
    make: Callable[..., Node], seed: int
) -> None:
    draw = Random(seed)
    node = make(seed=seed, transactions_per_block=draw.choice([3, 12, 40]))
    now = NOW
    for _ in range(7):
        depth = draw.randint(1, 7)
        fork(node, depth, draw.choice([None, 0, depth + 1, max(0, depth - 1)]))
        now += draw.randint(0, 3) * 12_000
        node.clock.set(now)
    assert_holds(node)
    assert len(node.chains.forks()) == 7


@pytest.mark.parametrize("length", [None, 0])
def test_an_old_branch_is_served_by_hash_unless_it_is_forgotten(
    make: Callable[..., Node], length: int | None
) -> None:
    for forgets in (False, True):
        node = make(forgets=forgets, kept_blocks=3)
        old = [(block, node.receipts(block)) for block in node.branch()[-4:]]
        fork(node, 4, length)
        for block, receipts in old:
            served = node.ask("eth_getBlockByHash", block["hash"], True)
            assert served == (None if forgets else block)
            assert node.receipts(block) == (None if forgets else receipts)
        assert_holds(node)


def test_a_reorganisation_comes_between_two_calls_of_one_batch(
    make: Callable[..., Node],
) -> None:
    node = make(forgets=True, transactions_per_block=30, blocks_behind=41)
    old = node.block("latest")
    fork(node, 2, after="eth_getBlockByNumber")
    assert node.ask("eth_blockNumber") == old["number"]
    assert node.receipts(old)
    calls = [
        {"id": 1, "method": "eth_getBlockByNumber", "params": ["latest", False]},
        {"id": 2, "method": "eth_getBlockReceipts", "params": [old["number"]]},
        {"id": 3, "method": "eth_getBlockReceipts", "params": [old["hash"]]},
    ]
    _, (first, by_number, by_hash) = node.post(calls)
    assert first["result"]["hash"] == old["hash"]
    new = node.block("latest")
    assert {one["blockHash"] for one in by_number["result"]} == {new["hash"]}
    assert new["hash"] != old["hash"]
    assert by_hash["result"] is None
    assert node.block("latest") == new


def test_forks_of_the_options_come_at_their_blocks_whoever_asks_when(
    make: Callable[..., Node],
) -> None:
    (spec,) = chain_specs([], ["ethereum@30=4", "ethereum@35=5/2"])
    plain, once, often = make(), make(forks=spec.forks), make(forks=spec.forks)
    for second in range(0, 60, 4):
        often.clock.set(NOW + second * 1000)
        often.head()
    for node in (plain, once):
        node.clock.set(NOW + 56_000)
    assert once.branch() == often.branch()
    shared = [a for a, b in zip(plain.branch(), once.branch(), strict=False) if a == b]
    assert len(shared) == 27
    assert once.head() == plain.head() - 3
    branches = [str(it["old"]).count("0x") for it in once.chains.forks()]
    assert branches == [4, 5]
    assert_holds(once)


def test_a_fork_waits_for_a_block_that_is_to_come(node: Node) -> None:
    assert fork(node, 3, at=HEAD + 2) == []
    node.clock.set(NOW + 12_000)
    before = node.branch()
    assert node.chains.forks() == []
    node.clock.set(NOW + 24_000)
    after = node.branch()
    assert len(after) == HEAD + 3
    shared = [a for a, b in zip(before, after, strict=False) if a == b]
    assert len(shared) == HEAD + 2 - 3 + 1


def test_what_was_final_stays_final_unless_a_fork_goes_below(
    make: Callable[..., Node],
) -> None:
    node = make(blocks_behind=100)

    def tags() -> list[int]:
        return [whole(node.block(tag)["number"]) for tag in ("safe", "finalized")]

    assert tags() == [68, 36]
    fork(node, 20, 0)
    assert tags() == [48, 36]
    fork(node, 60, 0)
    assert tags() == [20, 20]


def test_only_the_chain_that_is_named_forks(make: Callable[..., Node]) -> None:
    specs = chain_specs(["polygon=137/2"], [])
    assert [(spec.name, spec.chain_id, spec.block_s) for spec in specs] == [
        *(("ethereum", 1, 12), ("polygon", 137, 2))
    ]
    node = make()
    with pytest.raises(SetupError, match="no chain is called 'polygon'"):
        fork(node, 1, chain="polygon")


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"depth": 0}, "a depth of 1 or more"),
        ({"depth": 2, "length": -1}, "a length of 0 or more"),
        ({"depth": 2, "at": 50, "after": "eth_call"}, "not both"),
        ({"depth": 41}, "the head is at 40, not 41 deep"),
        ({"depth": 1, "length": 99}, "99 blocks do not fit into 12 s"),
        ({"depth": 2, "at": 39}, "the head is at 40, beyond 39"),
        ({"depth": 2, "width": 1}, "not a fork"),
        ({"depth": 9, "at": 7}, "block 7 is not 9 above the first"),
    ],
)
def test_a_fork_that_can_not_be_is_refused_and_changes_nothing(
    node: Node, fields: Any, complaint: str
) -> None:
    before = node.branch()
    with pytest.raises(SetupError, match=complaint):
        node.chains.plan(fields)
    assert node.branch() == before


@pytest.mark.parametrize(
    ("chains", "forks", "complaint"),
    [
        (["polygon"], [], "expected a chain such as polygon=137/2"),
        (["polygon=0"], [], "its id, its seconds a block"),
        ([], ["ethereum=3"], "expected a fork such as ethereum@120=3/2"),
        ([], ["polygon@120=3"], "no chain is called 'polygon'"),
        ([], ["ethereum@120=1/13"], "13 blocks do not fit into the time of 1"),
    ],
)
def test_a_flag_that_is_no_chain_or_fork_is_refused(
    chains: list[str], forks: list[str], complaint: str
) -> None:
    with pytest.raises(SetupError, match=complaint):
        chain_specs(chains, forks)
    with pytest.raises(SetupError, match="less than no transactions"):
        ChainSpec("ethereum", 1, transactions_per_block=-1)


def test_a_chain_goes_on_where_the_sandbox_starts_anew(
    make: Callable[..., Node],
) -> None:
    first, hour_ms = make(), 3_600_000
    later = make(now_ms=NOW + hour_ms, since_ms=NOW)
    assert later.head() == HEAD + 300
    assert later.branch()[: HEAD + 1] == first.branch()
    assert make(since_ms=NOW + hour_ms).head() == HEAD  # of no start to come
