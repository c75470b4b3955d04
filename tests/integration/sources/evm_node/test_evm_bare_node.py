"""Loads from a node that has nothing but blocks and receipts, however it says so."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from typer.testing import CliRunner

from pipelines.cli.main import app
from tests.fakes.evm_chain import Chain, node_of
from tests.fakes.node_server import BLOCK, Node, Refusal, bare_node
from tests.services.evm_loads import bronze, endpoints, held
from tests.soak import some

CHAIN = Chain(50)
FIRST, END = 5, 45
RECEIPTS = {"of_block": "eth_getBlockReceipts", "single": "eth_getTransactionReceipt"}
BODY = {"jsonrpc": "2.0", "id": None}
REFUSALS: dict[str, Refusal] = {
    "invalid request": (
        200,
        {},
        {**BODY, "error": {"code": -32600, "message": "Invalid Request"}},
    ),
    "HTTP 400": (400, {}, b"Bad Request"),
    "HTTP 404": (404, {}, b"Not Found"),
    "HTTP 500": (500, {}, b"Internal Server Error"),
    "HTTP 501": (501, {}, b""),
    "null": (200, {}, {"jsonrpc": "2.0", "id": 0, "result": None}),
    "no body": (200, {"Connection": "close"}, b""),
}
SOME = some(__name__, list(REFUSALS), 3)
Calls = Sequence[dict[str, Any]]


def bare(
    receipts: str, lacks: Callable[[Calls], bool], refusal: Refusal | None
) -> Node:
    """It has blocks and receipts, and of the blocks those that are asked for."""
    node = bare_node(node_of(CHAIN), RECEIPTS[receipts], range(FIRST, END))
    node.refuse = lambda calls: refusal if lacks(calls) else None
    return node


def load() -> None:
    span = ("--from", str(FIRST), "--to", str(END))
    done = CliRunner().invoke(app, ["load", "evm", "--chain", "ethereum", *span])
    assert done.exit_code == 0, done.output


def assert_all_is_had() -> None:
    assert held() == {n: [CHAIN.hashes[n]] for n in range(FIRST, END)}
    results = bronze("proofs", "proof, result, reason", "and result <> 'passed'")
    assert ("parent_link", "unproven", "parent missing") in results
    assert {proof for proof, result, _ in results if result != "not_applicable"} == {
        "parent_link"
    }


@pytest.fixture
def hasty(seeded, monkeypatch):
    """The thresholds as they are, but for how long a failure waits."""
    monkeypatch.setattr("pipelines.upstream.retry.BACKOFF_S", 0.005)


@pytest.mark.parametrize("receipts", RECEIPTS)
@pytest.mark.parametrize("unknown", ["absent", *SOME])
def test_what_it_lacks_costs_no_block(hasty, monkeypatch, unknown, receipts):
    def lacks(calls: Calls) -> bool:
        return bool({call["method"] for call in calls} - {BLOCK, RECEIPTS[receipts]})

    node = bare(receipts, lacks, REFUSALS.get(unknown))
    if unknown == "null":
        node.refuse = lambda _: None
        others = {"eth_chainId", "eth_blockNumber", *RECEIPTS.values()}
        node.methods |= dict.fromkeys(others - {*node.methods}, lambda *_: None)
    with endpoints(monkeypatch, [node]):
        load()
    assert_all_is_had()


@pytest.mark.parametrize("receipts", RECEIPTS)
@pytest.mark.parametrize("batch", SOME)
def test_that_it_takes_no_batches_costs_no_block(hasty, monkeypatch, batch, receipts):
    node = bare(receipts, lambda calls: len(calls) > 1, REFUSALS[batch])
    with endpoints(monkeypatch, [node]):
        load()
    assert_all_is_had()


@pytest.mark.parametrize("refusal", SOME)
def test_one_that_answers_nothing_else_costs_no_block(hasty, monkeypatch, refusal):
    """Neither tags, nor batches, nor receipts of a block."""

    def lacks(calls: Calls) -> bool:
        told = {(call["method"], str(call["params"][:1])[2:4]) for call in calls}
        return len(calls) > 1 or not told <= {(BLOCK, "0x"), (RECEIPTS["single"], "0x")}

    node = bare("single", lacks, REFUSALS[refusal])
    with endpoints(monkeypatch, [node]):
        load()
    assert_all_is_had()
