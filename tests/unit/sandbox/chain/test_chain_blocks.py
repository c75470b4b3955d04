"""What holds of every block, recomputed from what the node answers."""

from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
import rlp  # type: ignore[import-untyped,unused-ignore]
from eth_account import Account
from eth_keys.datatypes import Signature
from eth_utils.crypto import keccak

from pipelines.sandbox.chain.fees import (
    blob_base_fee,
    next_base_fee,
    next_excess_blob_gas,
)
from tests.oracles.block_oracle import (
    HEADER,
    QUANTITIES,
    data,
    flaws,
    number,
    raw_transaction,
    raw_withdrawal,
)
from tests.unit.sandbox.chain.conftest import NOW, Node

GAS_PER_BLOB = 131_072


@pytest.fixture(scope="module")
def branch(long_node: Node) -> list[Any]:
    return long_node.branch()


@pytest.fixture(scope="module")
def receipts(long_node: Node, branch: list[Any]) -> list[list[Any]]:
    return [long_node.receipts(block) for block in branch]


@pytest.fixture(scope="module")
def transactions(branch: list[Any]) -> list[Any]:
    return [one for block in branch for one in block["transactions"]]


def whole(said: str) -> int:
    return int(said, 16)


def test_hashes_roots_blooms_gas_and_indices_hold(
    branch: list[Any], receipts: list[list[Any]]
) -> None:
    assert len(branch) == 121
    for block, of_block in zip(branch, receipts, strict=True):
        assert flaws(block, of_block) == []


def test_blocks_link_and_are_made_on_time(branch: list[Any]) -> None:
    for parent, child in pairwise(branch):
        assert child["parentHash"] == parent["hash"]
        assert whole(child["number"]) == whole(parent["number"]) + 1
        assert whole(child["timestamp"]) == whole(parent["timestamp"]) + 12
    assert NOW // 1000 - 12 < whole(branch[-1]["timestamp"]) <= NOW // 1000


def test_fees_follow_from_the_parent(branch: list[Any]) -> None:
    for parent, child in pairwise(branch):
        names = ("baseFeePerGas", "gasUsed", "gasLimit")
        fee = next_base_fee(*(whole(parent[name]) for name in names))
        assert whole(child["baseFeePerGas"]) == fee
        blob_gas = (whole(parent[n]) for n in ("excessBlobGas", "blobGasUsed"))
        assert whole(child["excessBlobGas"]) == next_excess_blob_gas(*blob_gas)
        assert whole(child["gasUsed"]) <= whole(child["gasLimit"])
        assert whole(child["blobGasUsed"]) <= 9 * GAS_PER_BLOB
        hashes = (t.get("blobVersionedHashes", ()) for t in child["transactions"])
        blobs = sum(map(len, hashes))
        assert whole(child["blobGasUsed"]) == blobs * GAS_PER_BLOB


def test_fees_stay_level_and_blobs_cost_something_at_first(branch: list[Any]) -> None:
    fees = [whole(block["baseFeePerGas"]) / 10**9 for block in branch]
    assert 2 < min(fees) < max(fees) < 32
    assert len(set(fees)) > 100
    assert blob_base_fee(whole(branch[5]["excessBlobGas"])) > 1000


def test_senders_of_all_five_types_recover(transactions: list[Any]) -> None:
    kinds = Counter(one["type"] for one in transactions)
    assert set(kinds) == {"0x0", "0x1", "0x2", "0x3", "0x4"}
    assert min(kinds.values()) >= 10
    for one in transactions:
        sender = Account.recover_transaction(raw_transaction(one))
        assert sender.lower() == one["from"]


def test_who_authorizes_recovers(transactions: list[Any]) -> None:
    signed = [it for one in transactions for it in one.get("authorizationList", ())]
    chains = {whole(it["chainId"]) for it in signed}
    assert chains == {0, 1}
    signers = set()
    for it in signed:
        numbers = whole(it["yParity"]), whole(it["r"]), whole(it["s"])
        fields = [whole(it["chainId"]), data(it["address"]), whole(it["nonce"])]
        digest = keccak(b"\5" + rlp.encode(fields))
        signature = Signature(vrs=numbers)
        signers.add(signature.recover_public_key_from_msg_hash(digest).to_address())
    assert 1 < len(signers) <= 8


def test_every_sender_counts_its_transactions_from_zero(
    transactions: list[Any],
) -> None:
    nonces: dict[str, int] = {}
    for one in transactions:
        assert whole(one["nonce"]) == nonces.get(one["from"], 0)
        nonces[one["from"]] = whole(one["nonce"]) + 1
    assert len(nonces) == 64


def test_what_is_paid_covers_the_fees(
    branch: list[Any], receipts: list[list[Any]]
) -> None:
    for block, of_block in zip(branch, receipts, strict=True):
        base_fee = whole(block["baseFeePerGas"])
        blob_fee = blob_base_fee(whole(block["excessBlobGas"]))
        for one, receipt in zip(block["transactions"], of_block, strict=True):
            paid = whole(receipt["effectiveGasPrice"])
            assert paid == whole(one["gasPrice"]) >= base_fee
            if "maxFeePerGas" in one:
                tip = base_fee + whole(one["maxPriorityFeePerGas"])
                assert paid == min(whole(one["maxFeePerGas"]), tip)
            if one["type"] == "0x3":
                assert whole(one["maxFeePerBlobGas"]) >= blob_fee
                assert whole(receipt["blobGasPrice"]) == blob_fee
            assert 21_000 <= whole(receipt["gasUsed"]) <= whole(one["gas"])


def test_some_transactions_fail_and_log_nothing(receipts: list[list[Any]]) -> None:
    every = [one for of_block in receipts for one in of_block]
    failed = [one for one in every if one["status"] == "0x0"]
    assert 0.01 < len(failed) / len(every) < 0.1
    assert not any(one["logs"] for one in failed)


def test_contracts_are_created_where_sender_and_nonce_say(
    branch: list[Any], receipts: list[list[Any]]
) -> None:
    created = 0
    for block, of_block in zip(branch, receipts, strict=True):
        for one, receipt in zip(block["transactions"], of_block, strict=True):
            assert (receipt["contractAddress"] is None) == (one["to"] is not None)
            if one["to"] is None:
                digest = keccak(rlp.encode([data(one["from"]), whole(one["nonce"])]))
                assert data(receipt["contractAddress"]) == digest[12:]
                created += 1
    assert created > 20


def test_some_blocks_are_empty(branch: list[Any]) -> None:
    sizes = [len(block["transactions"]) for block in branch[1:]]
    assert 0 in sizes
    assert 18 < sum(sizes) / len(sizes) < 30


def test_the_size_is_that_of_the_whole_block(branch: list[Any]) -> None:
    for block in branch[:30]:
        header = [(data, number)[n in QUANTITIES](block[n]) for n in HEADER]
        raws = [raw_transaction(one) for one in block["transactions"]]
        bodies = [raw if raw[0] < 0xC0 else rlp.decode(raw) for raw in raws]
        withdrawals = [rlp.decode(raw_withdrawal(it)) for it in block["withdrawals"]]
        size = len(rlp.encode([header, bodies, [], withdrawals]))
        assert whole(block["size"]) == size


def test_withdrawals_are_numbered_through(branch: list[Any]) -> None:
    indices = [whole(it["index"]) for block in branch for it in block["withdrawals"]]
    assert indices == list(range(4 * 120))


def test_the_same_seed_gives_the_same_blocks_and_another_gives_others(
    make: Callable[..., Node],
) -> None:
    first, again, other = make(seed=5), make(seed=5), make(seed=6)
    assert first.branch() == again.branch()
    mine, theirs = (
        {one["hash"] for block in node.branch() for one in block["transactions"]}
        for node in (first, other)
    )
    assert not mine & theirs
    chain = make(seed=5, chain_id=10)
    assert chain.block("latest")["hash"] != first.block("latest")["hash"]


def test_a_block_comes_when_it_is_due_and_not_before(make: Callable[..., Node]) -> None:
    node = make(block_s=2)
    head = node.head()
    node.clock.set(NOW + 1_999)
    assert node.head() == head
    assert node.block(head + 1) is None
    node.clock.set(NOW + 2_000)
    assert node.head() == head + 1
    node.clock.set(NOW + 60_000)
    assert node.head() == head + 30


def test_a_block_that_memory_did_not_keep_is_made_again(
    make: Callable[..., Node],
) -> None:
    thrifty, usual = make(kept_blocks=2), make()
    assert thrifty.branch() == usual.branch()
    again = [thrifty.receipts(block) for block in thrifty.branch()[::-1]]
    assert again[::-1] == [usual.receipts(block) for block in usual.branch()]
    assert len(thrifty.chains._chains["ethereum"]._kept) == 2
    one = usual.block(3)["transactions"][0]
    for method in ("eth_getTransactionByHash", "eth_getTransactionReceipt"):
        assert thrifty.ask(method, one["hash"]) == usual.ask(method, one["hash"])


def test_a_block_is_the_same_whenever_the_chain_was_asked_before(
    make: Callable[..., Node],
) -> None:
    early, late = make(), make()
    for step in range(1, 6):
        early.clock.set(NOW + step * 36_000)
        early.head()
    late.clock.set(NOW + 5 * 36_000)
    assert early.branch() == late.branch()
